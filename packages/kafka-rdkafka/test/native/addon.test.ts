import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { loadNative } from '../../src/native/addon.ts'
import { connectConsumer, connectProducer, native } from './clients.ts'

const nothing = (): void => undefined

describe('the addon', () => {
  it('is loaded, and taken by librdkafka as a plugin', () => {
    expect(native.pluginPath).toMatch(/goka_rdkafka\.node$/)
    expect(Object.keys(native).sort()).toEqual([
      'ConsumerPump',
      'OffsetSending',
      'ProducerSink',
      'RequestSession',
      'pluginPath',
    ])
  })

  it('tells why it is absent', async () => {
    const reasons: string[] = []
    const folder = await mkdtemp(join(tmpdir(), 'addon-test-'))
    const garbage = join(folder, 'garbage.node')
    await writeFile(garbage, 'garbage')
    expect(loadNative((reason) => reasons.push(reason), join(folder, 'none.node'))).toBeUndefined()
    expect(loadNative((reason) => reasons.push(reason), garbage)).toBeUndefined()
    expect(reasons).toEqual([expect.stringMatching(/not built/), expect.stringMatching(/garbage/)])
    await rm(folder, { recursive: true })
  })

  it('works only for clients that it knows', () => {
    expect(() => new native.ConsumerPump('nobody', 1, 1, 1, false, nothing)).toThrow(
      /there is no connected client/,
    )
    expect(() => new native.ProducerSink('nobody', nothing)).toThrow(/there is no connected client/)
    expect(() => new native.RequestSession('nobody', nothing)).toThrow(
      /there is no connected client/,
    )
  })

  it('checks what it is called with', async () => {
    const producer = await connectProducer()
    const consumer = await connectConsumer()
    const { ConsumerPump, ProducerSink, RequestSession } = native
    const wrong = (value: unknown): never => value as never
    expect(() => new ConsumerPump(wrong(1), 1, 1, 1, false, nothing)).toThrow(/argument 1/)
    expect(() => new ConsumerPump(consumer.name, 0, 1, 1, false, nothing)).toThrow(/argument 2/)
    expect(() => new ConsumerPump(consumer.name, 1, 1.5, 1, false, nothing)).toThrow(/argument 3/)
    expect(() => new ConsumerPump(consumer.name, 1, 1, Number.NaN, false, nothing)).toThrow(
      /argument 4/,
    )
    expect(() => {
      Reflect.apply(RequestSession, {}, [producer.name, nothing])
    }).toThrow(/new/)
    expect(() => new RequestSession(producer.name, wrong(undefined))).toThrow(/onWake/)

    const session = new RequestSession(producer.name, nothing)
    const submit = Reflect.get(session, 'submit')
    expect(() => Reflect.apply(submit, {}, [1, 'commit', [], 1])).toThrow(/Illegal invocation/)
    expect(() => session.submit(1, 'commit', wrong(['a', 1]), 1)).toThrow(/argument 3/)
    const sink = new ProducerSink(producer.name, nothing)
    expect(() => Reflect.apply(submit, sink, [1, 'commit', [], 1])).toThrow(/Illegal invocation/)
    session.stop()
    sink.stop()
    await producer.disconnect()
    await consumer.disconnect()
  })

  it('answers a request that it does not know', async () => {
    const producer = await connectProducer()
    const answer = await new Promise((resolve) => {
      const session = new native.RequestSession(producer.name, () => {
        const taken = session.take()
        if (taken !== undefined) resolve(taken)
        session.stop()
      })
      session.submit(7, 'unknown', [], 1)
    })
    expect(answer).toEqual([7, -186, expect.any(String)])
    await producer.disconnect()
  })
})

import { EventEmitter } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import type rdkafka from 'node-rdkafka'
import { type ClientFault, faultCodes, faultOf } from '../../src/client-fault.ts'
import { MessageSource } from '../../src/consume/message-source.ts'
import { clientContext } from '../client-context.ts'
import { until } from '../until.ts'
import { partitions } from './fake-consumer.ts'

type Answer = (error: unknown, messages?: unknown[]) => void

/** A client whose messages come when it is told so. */
class FakeClient extends EventEmitter {
  /** Offsets of partition 0 that wait. */
  readonly waiting: number[] = []
  /** Pops that are held back until `release`. */
  held: (() => void)[] | undefined
  readonly sizes: number[] = []
  atOnce = 0
  mostAtOnce = 0
  fault: unknown

  setDefaultConsumeTimeout(): void {}

  consume(size: number, done: Answer): void {
    this.sizes.push(size)
    this.atOnce++
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce)
    const messages = this.waiting.splice(0, size).map((offset) => ({
      topic: 'in',
      partition: 0,
      offset,
      key: null,
      value: Buffer.from('v'),
      size: 1,
    }))
    const answer = (): void => {
      this.atOnce--
      if (this.fault !== undefined) {
        done(this.fault)
        return
      }
      for (const message of messages) this.emit('data', message)
      done(null, messages)
    }
    if (this.held === undefined) setImmediate(answer)
    else this.held.push(answer)
  }

  release(): void {
    for (const answer of this.held?.splice(0) ?? []) answer()
    this.held = undefined
  }
}

function made() {
  const client = new FakeClient()
  const faults: ClientFault[] = []
  const source = new MessageSource(
    client as unknown as rdkafka.KafkaConsumer,
    clientContext('source').clock,
    {
      maxRecords: 1_000,
      maxBytes: 1_000_000,
      numberKeys: false,
      onFault: (fault) => faults.push(fault),
    },
  )
  const poll = async (timeoutMs: number) =>
    (await source.poll(timeoutMs)).map((batch) => [batch.offset(0), batch.nextOffset])
  return { client, source, faults, poll }
}

describe('a source of messages', () => {
  it('returns at once what is there', async () => {
    const { client, poll } = made()
    client.waiting.push(3, 4, 5)
    expect(await poll(60_000)).toEqual([[3, 6]])
  })

  it('waits for messages, and no longer than it should', async () => {
    const { client, poll } = made()
    const waiting = poll(60_000)
    await until(() => client.sizes.length > 2)
    client.waiting.push(3)
    expect(await waiting).toEqual([[3, 4]])
    const start = performance.now()
    expect(await poll(20)).toEqual([])
    expect(performance.now() - start).toBeGreaterThanOrEqual(15)
  })

  it('pops more at a time when more is there, up to the limit', async () => {
    const { client, poll } = made()
    client.waiting.push(...Array.from({ length: 20_000 }, (_, offset) => offset))
    for (let round = 0; round < 15; round++) await poll(60_000)
    expect(Math.max(...client.sizes)).toBe(1_000)
  })

  it('tells faults, and goes on', async () => {
    const { client, faults, poll } = made()
    client.fault = faultOf(faultCodes.ERR__AUTO_OFFSET_RESET)
    expect(await poll(60_000)).toEqual([])
    expect(faults).toMatchObject([{ code: faultCodes.ERR__AUTO_OFFSET_RESET }])
    client.fault = undefined
    client.waiting.push(3)
    expect(await poll(60_000)).toEqual([[3, 4]])
  })

  it('forgets what was being popped of a partition', async () => {
    const { client, source, poll } = made()
    client.held = []
    client.waiting.push(3, 4)
    const waiting = poll(60_000)
    await until(() => client.sizes.length === 1)
    const discarded = source.discard(partitions(0))
    client.release()
    await discarded
    client.waiting.push(90)
    expect(await waiting).toEqual([[90, 91]])
  })

  it('serves callbacks though nobody polls, and keeps what it pops meanwhile', async () => {
    const { client, source, poll } = made()
    client.waiting.push(3, 4)
    let finish = (): void => undefined
    const work = new Promise<void>((resolve) => {
      finish = resolve
    })
    const serving = source.serve(work)
    await until(() => client.sizes.length > 3)
    expect(Math.max(...client.sizes)).toBe(1)
    finish()
    await serving
    expect(await poll(0)).toEqual([
      [3, 4],
      [4, 5],
    ])
  })

  it('pops one at a time, however it is asked', async () => {
    const { client, source, poll } = made()
    let finish = (): void => undefined
    const work = new Promise<void>((resolve) => {
      finish = resolve
    })
    const serving = source.serve(work)
    expect(await poll(20)).toEqual([])
    finish()
    await serving
    expect(client.mostAtOnce).toBe(1)
  })

  it('ends a poll under way when it is stopped, and pops no more', async () => {
    const { client, source, poll } = made()
    const waiting = poll(60_000)
    await until(() => client.sizes.length > 1)
    await source.stop()
    expect(await waiting).toEqual([])
    const pops = client.sizes.length
    client.waiting.push(3)
    expect(await poll(60_000)).toEqual([])
    expect(client.sizes.length).toBe(pops)
    expect(client.atOnce).toBe(0)
  })
})

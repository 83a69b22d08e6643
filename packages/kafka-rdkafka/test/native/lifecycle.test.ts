import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { ProduceBatch } from '@goka/interface'
import { sharedBroker } from '@goka/kafka-broker'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { batchSink } from '../../src/native/batch-sink.ts'
import { nativeAdmin } from '../../src/native/native-admin.ts'
import { pumpSource } from '../../src/native/pump-source.ts'
import {
  assignFromStart,
  connectConsumer,
  connectProducer,
  createTopic,
  native,
  pollUntil,
  randomNumbers,
  uniqueName,
} from './clients.ts'

const limits = { maxRecords: 200, maxBytes: 100_000, numberKeys: true, onFault: () => undefined }
const records = 20_000

describe('clients that come and go', () => {
  let topic: string

  beforeAll(async () => {
    topic = await createTopic(2)
    const producer = await connectProducer()
    const sink = batchSink(native, producer.name)
    const batch = new ProduceBatch()
    const index = batch.topicIndex(topic)
    for (let i = 0; i < records; i++) batch.add(index, i % 2, `${i}`, null, 1, undefined)
    expect((await sink.send(batch)).failure).toBeUndefined()
    await sink.stop()
    await producer.disconnect()
  })

  it('end within a moment, whenever a consumer is stopped', async () => {
    const random = randomNumbers(7)
    let read = 0
    for (let cycle = 0; cycle < 60; cycle++) {
      const isMember = cycle % 2 === 0
      const consumer = await connectConsumer(
        isMember
          ? { 'group.protocol': cycle % 4 === 0 ? 'classic' : 'consumer' }
          : { 'queued.min.messages': 1_000 },
        { 'auto.offset.reset': 'earliest' },
      )
      const source = pumpSource(native, consumer.name, limits)
      if (isMember) consumer.client.subscribe([topic])
      else assignFromStart(consumer, topic, 2)
      // From before anything came to the middle of the stream.
      const polls = Math.floor(random() * 12)
      for (let poll = 0; poll < polls; poll++) {
        for (const { length } of await source.poll(random() * 20)) read += length
      }
      const underWay = source.poll(10_000)
      for (let turn = random() * 5; turn > 0; turn--) await turnOfEventLoop()
      await source.stop()
      await underWay
      const startedAt = performance.now()
      await consumer.disconnect()
      expect(performance.now() - startedAt).toBeLessThan(10_000)
    }
    expect(read).toBeGreaterThan(0)
  }, 120_000)

  it('settle all that is under way, whenever a producer is closed', async () => {
    const random = randomNumbers(11)
    const codes = new Map<number, number>()
    for (let cycle = 0; cycle < 40; cycle++) {
      const producer = await connectProducer({
        'queue.buffering.max.messages': cycle % 3 === 0 ? 50 : 10_000,
      })
      const sink = batchSink(native, producer.name)
      const sent = []
      for (let i = 0; i < 20; i++) {
        const batch = new ProduceBatch()
        const index = batch.topicIndex(topic)
        const size = Math.floor(random() * 500)
        for (let record = 0; record < size; record++) {
          batch.add(index, record % 2, 'k', null, 1, undefined)
        }
        sent.push(sink.sendEach(batch))
      }
      for (let turn = random() * 20; turn > 0; turn--) await turnOfEventLoop()
      // In order, or torn away.
      const stopped = random() < 0.5 ? sink.stop() : undefined
      if (random() < 0.5) await stopped
      await producer.disconnect()
      await sink.stop()
      for (const report of await Promise.all(sent)) {
        for (const code of report.codes) codes.set(code, (codes.get(code) ?? 0) + 1)
      }
    }
    expect(codes.get(0)).toBeGreaterThan(0)
    // ERR__DESTROY, ERR__PURGE_QUEUE, ERR__PURGE_INFLIGHT
    for (const code of codes.keys()) expect([0, -197, -152, -151]).toContain(code)
  }, 120_000)

  it('may be named like clients that are gone', async () => {
    for (let round = 0; round < 3; round++) {
      const settings = { 'client.id': 'same' }
      const [one, two] = await Promise.all([connectProducer(settings), connectProducer(settings)])
      expect(one.name).not.toBe(two.name)
      const admins = [nativeAdmin(native, one.name), nativeAdmin(native, two.name)]
      for (const admin of admins) {
        expect((await admin.topicIds([topic], 5_000)).size).toBe(1)
        await admin.stop()
      }
      await one.disconnect()
      expect(() => nativeAdmin(native, one.name)).toThrow(/there is no connected client/)
      await two.disconnect()
    }
  })

  it('outlive a worker that was terminated while it used them', async () => {
    const producer = await connectProducer()
    for (let round = 0; round < 5; round++) {
      const consumer = await connectConsumer()
      assignFromStart(consumer, topic, 2)
      const worker = new Worker(program('in-worker.cjs'), {
        workerData: { addon: native.pluginPath, consumer: consumer.name, producer: producer.name },
      })
      const found = await new Promise<number>((resolve, reject) => {
        worker.once('message', resolve)
        worker.once('error', reject)
      })
      expect(found).toBeGreaterThan(0)
      await worker.terminate()
      await consumer.disconnect()
    }
    const admin = nativeAdmin(native, producer.name)
    expect((await admin.topicIds([topic], 5_000)).size).toBe(1)
    await admin.stop()
    await producer.disconnect()
  })

  it.each(['exit', 'throw', 'end'])(
    'do not keep a program that uses them from its end (%s)',
    async (way) => {
      const child = spawn(process.execPath, [program('in-process.cjs')], {
        env: {
          ...process.env,
          ADDON: native.pluginPath,
          NODE_RDKAFKA: createRequire(import.meta.url).resolve('node-rdkafka'),
          BROKERS: sharedBroker(),
          TOPIC: topic,
          WAY: way,
        },
        stdio: ['ignore', 'ignore', 'pipe'],
        timeout: 20_000,
        killSignal: 'SIGKILL',
      })
      let errors = ''
      child.stderr.on('data', (chunk: Buffer) => {
        errors += chunk.toString()
      })
      const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
        child.once('close', (...end) => resolve(end))
      })
      expect([code, signal]).toEqual([way === 'exit' ? 3 : way === 'throw' ? 1 : 0, null])
      if (way === 'throw') expect(errors).toContain('on purpose')
      else expect(errors).toBe('')
    },
  )

  it('share a process with plain clients of node-rdkafka, whose reports are their own', async () => {
    const producer = await connectProducer()
    const sink = batchSink(native, producer.name)
    const batch = new ProduceBatch()
    batch.add(batch.topicIndex(topic), 0, 'native', null, 1, undefined)
    const sent = sink.sendEach(batch)
    const token = { of: 'node-rdkafka' }
    producer.client.produce(topic, 0, Buffer.from('plain'), 'plain', 1, token)
    expect([...(await sent).codes]).toEqual([0])
    await new Promise((resolve) => producer.client.flush(5_000, resolve))
    await sink.stop()
    await producer.disconnect()

    const consumer = await connectConsumer({ 'client.id': uniqueName('reader') })
    const source = pumpSource(native, consumer.name, limits)
    assignFromStart(consumer, topic, 2)
    const last: (string | null)[] = []
    await pollUntil(
      source,
      () => last.length === 2,
      (found) => {
        for (let i = 0; i < found.length; i++) {
          const key = found.key(i)
          if (key === 'native' || key === 'plain') last.push(key)
        }
      },
    )
    expect(last.sort()).toEqual(['native', 'plain'])
    await source.stop()
    await consumer.disconnect()
  })
})

function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function program(name: string): string {
  return fileURLToPath(new URL(`programs/${name}`, import.meta.url))
}

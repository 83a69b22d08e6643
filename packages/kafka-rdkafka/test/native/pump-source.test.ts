import { ProduceBatch, type RecordBatch } from '@goka/interface'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import rdkafka from 'node-rdkafka'
import type { SourceFault } from '../../src/client-fault.ts'
import { batchSink } from '../../src/native/batch-sink.ts'
import { pumpSource } from '../../src/native/pump-source.ts'
import type { RecordSink } from '../../src/record-sink.ts'
import type { RecordSource, RecordSourceOptions } from '../../src/record-source.ts'
import {
  assignFromStart,
  type Connected,
  connectConsumer,
  connectProducer,
  createTopic,
  native,
  partitionsOf,
  pollUntil,
  uniqueName,
  until,
} from './clients.ts'

const { ERRORS } = rdkafka.CODES

const limits = { maxRecords: 1_000, maxBytes: 1_000_000, numberKeys: true }

describe('a source', () => {
  let producer: Connected<rdkafka.Producer>
  let sink: RecordSink
  let consumer: Connected<rdkafka.KafkaConsumer>
  let source: RecordSource
  let faults: SourceFault[]

  beforeAll(async () => {
    producer = await connectProducer({ 'message.max.bytes': 5_000_000 })
    sink = batchSink(native, producer.name)
  })
  afterAll(async () => {
    await sink.stop()
    await producer.disconnect()
  })
  afterEach(async () => {
    await source.stop()
    await consumer.disconnect()
  })

  async function open(
    options: Partial<RecordSourceOptions> = {},
    settings: Readonly<Record<string, string | number>> = {},
  ): Promise<void> {
    faults = []
    consumer = await connectConsumer(settings)
    source = pumpSource(native, consumer.name, {
      ...limits,
      onFault: (fault) => faults.push(fault),
      ...options,
    })
  }

  async function write(topic: string, partition: number, count: number, bytes = 10): Promise<void> {
    const value = Buffer.alloc(bytes)
    for (let from = 0; from < count; from += 5_000) {
      const batch = new ProduceBatch()
      const index = batch.topicIndex(topic)
      for (let i = from; i < Math.min(count, from + 5_000); i++) {
        batch.add(index, partition, `${i}`, value, Number.NaN, undefined)
      }
      expect((await sink.send(batch)).failure).toBeUndefined()
    }
  }

  /** After the last record that was popped. */
  function position(topic: string): number {
    const [at] = consumer.client.position([{ topic, partition: 0 }]) as { offset: number }[]
    return at?.offset ?? -1
  }

  it('returns nothing when the time is over', async () => {
    await open()
    const startedAt = performance.now()
    expect(await source.poll(50)).toEqual([])
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(45)
    expect(await source.poll(0)).toEqual([])
  })

  it('tells the end of empty partitions, and of others after their records', async () => {
    const topic = await createTopic(3)
    await write(topic, 1, 10)
    await open()
    assignFromStart(consumer, topic, 3)
    const ends = new Map<number, number>()
    const counts = [0, 0, 0]
    await pollUntil(
      source,
      () => ends.size === 3,
      ({ partition, length, nextOffset, atEnd }) => {
        counts[partition] = (counts[partition] as number) + length
        if (atEnd) ends.set(partition, nextOffset)
      },
    )
    expect(counts).toEqual([0, 10, 0])
    expect([...ends].sort()).toEqual([
      [0, 0],
      [1, 10],
      [2, 0],
    ])
  })

  it('reads on past the markers of transactions to the end', async () => {
    const topic = await createTopic(1)
    const transactional = await connectProducer({ 'transactional.id': uniqueName('transaction') })
    const { client } = transactional
    const run = (work: (done: (error: unknown) => void) => void): Promise<void> =>
      new Promise((resolve, reject) => work((error) => (error ? reject(error) : resolve())))
    await run((done) => client.initTransactions(10_000, done))
    const inside = batchSink(native, transactional.name)
    for (const end of ['commitTransaction', 'abortTransaction'] as const) {
      await run((done) => client.beginTransaction(done))
      const batch = new ProduceBatch()
      batch.add(batch.topicIndex(topic), 0, end, null, Number.NaN, undefined)
      expect((await inside.send(batch)).failure).toBeUndefined()
      await run((done) => client[end](10_000, done))
    }
    await inside.stop()
    await transactional.disconnect()

    await open({}, { 'isolation.level': 'read_committed' })
    assignFromStart(consumer, topic, 1)
    const keys: (string | null)[] = []
    let end = -1
    await pollUntil(
      source,
      () => end >= 0,
      (batch) => {
        for (let i = 0; i < batch.length; i++) keys.push(batch.key(i))
        if (batch.atEnd) end = batch.nextOffset
      },
    )
    expect(keys).toEqual(['commitTransaction'])
    // Two records and their two markers.
    expect(end).toBe(4)
  })

  it('returns no more records than it may, in order', async () => {
    const topic = await createTopic(2)
    await write(topic, 0, 3_000)
    await write(topic, 1, 3_000)
    await open({ maxRecords: 70 })
    assignFromStart(consumer, topic, 2)
    const next = [0, 0]
    const deadline = Date.now() + 30_000
    while (next[0] !== 3_000 || next[1] !== 3_000) {
      expect(Date.now()).toBeLessThan(deadline)
      const batches = await source.poll(100)
      expect(batches.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(70)
      for (const batch of batches) {
        for (let i = 0; i < batch.length; i++) {
          expect(batch.offset(i)).toBe(next[batch.partition])
          next[batch.partition] = batch.offset(i) + 1
        }
      }
    }
  })

  it('closes a batch at its byte limit, and gives a larger record a batch of its own', async () => {
    const topic = await createTopic(1, { 'max.message.bytes': '5000000' })
    await write(topic, 0, 200, 1_000)
    await write(topic, 0, 1, 3_000_000)
    await write(topic, 0, 200, 1_000)
    await open({ maxBytes: 10_000 }, { 'fetch.message.max.bytes': 5_000_000 })
    assignFromStart(consumer, topic, 1)
    let count = 0
    let larger = 0
    await pollUntil(
      source,
      () => count === 401,
      (batch) => {
        let bytes = 0
        for (let i = 0; i < batch.length; i++) bytes += batch.byteLength(i)
        if (bytes > 10_000) {
          larger++
          expect(batch.length).toBe(1)
        }
        count += batch.length
      },
    )
    expect(larger).toBe(1)
  })

  it('tells where an offset is out of range', async () => {
    const topic = await createTopic(2)
    await write(topic, 0, 5)
    await write(topic, 1, 5)
    await open()
    consumer.client.assign([
      { topic, partition: 0, offset: 100 },
      { topic, partition: 1, offset: 2 },
    ])
    const read: RecordBatch[] = []
    await pollUntil(
      source,
      () => faults.length > 0 && read.some(({ atEnd }) => atEnd),
      (batch) => read.push(batch),
    )
    expect(faults).toEqual([
      expect.objectContaining({ code: ERRORS.ERR__AUTO_OFFSET_RESET, topic, partition: 0 }),
    ])
    expect(faults[0]?.message).toMatch(/offset/i)
    expect(read.every(({ partition }) => partition === 1)).toBe(true)
  })

  it('tells that a topic does not exist', async () => {
    const topic = uniqueName('unknown')
    await open({}, { 'topic.metadata.propagation.max.ms': 0 })
    consumer.client.subscribe([topic])
    await pollUntil(
      source,
      () => faults.length > 0,
      () => undefined,
    )
    expect(faults[0]).toMatchObject({ code: ERRORS.ERR_UNKNOWN_TOPIC_OR_PART, topic })
  })

  it('holds only a few batches ahead of who reads', async () => {
    const topic = await createTopic(1)
    await write(topic, 0, 20_000)
    await open({ maxRecords: 100 })
    assignFromStart(consumer, topic, 1)
    // Far more is fetched than may be popped; what is ready stays ready and no more comes.
    await until(() => position(topic) >= 300)
    const settled = position(topic)
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(position(topic)).toBe(settled)
    expect(settled).toBeLessThanOrEqual(400)
    let count = 0
    await pollUntil(
      source,
      () => count === 20_000,
      ({ length }) => {
        count += length
      },
    )
  })

  it('leaves the event loop its turns under a backlog', async () => {
    const topic = await createTopic(1)
    await write(topic, 0, 50_000)
    await open({ maxRecords: 100 })
    assignFromStart(consumer, topic, 1)
    let turns = 0
    let polls = 0
    let reading = true
    const turn = (): void => {
      turns++
      if (reading) setImmediate(turn)
    }
    setImmediate(turn)
    let count = 0
    await pollUntil(
      source,
      () => count === 50_000,
      ({ length }) => {
        polls++
        count += length
      },
    )
    reading = false
    expect(turns).toBeGreaterThanOrEqual(polls / 2)
  })

  it('forgets what was popped of discarded partitions, and nothing that comes after', async () => {
    const topic = await createTopic(2)
    await write(topic, 0, 2_000)
    await write(topic, 1, 2_000)
    await open({ maxRecords: 50 })
    assignFromStart(consumer, topic, 2)
    const next = [0, 0]
    const read = (batch: RecordBatch): void => {
      for (let i = 0; i < batch.length; i++) {
        expect(batch.offset(i)).toBe(next[batch.partition])
        next[batch.partition] = batch.offset(i) + 1
      }
    }
    const paused = [{ topic, partition: 0 }]
    for (let round = 0; round < 30; round++) {
      // Now and then a poll is under way, or what is ready was popped long ago.
      const polled = round % 3 === 0 ? source.poll(20) : undefined
      consumer.client.pause(paused)
      await source.discard(paused)
      for (const batch of (await polled) ?? []) read(batch)
      const from = next[0] as number
      for (const batch of await source.poll(5)) {
        expect(batch.partition).toBe(1)
        read(batch)
      }
      await new Promise<void>((resolve, reject) => {
        const at = { topic, partition: 0, offset: from }
        consumer.client.seek(at, 5_000, (error) => (error ? reject(error) : resolve()))
      })
      consumer.client.resume(paused)
      for (let poll = 0; poll < round % 5; poll++) {
        for (const batch of await source.poll(20)) read(batch)
      }
    }
    await pollUntil(source, () => next[0] === 2_000 && next[1] === 2_000, read)
  })

  it('has a discard settled while nothing comes, and while nobody polls', async () => {
    const topic = await createTopic(1)
    await open({ maxRecords: 1 })
    assignFromStart(consumer, topic, 1)
    const at = partitionsOf(topic, 1)
    // The thread waits for records.
    const waiting = source.poll(10_000)
    const startedAt = performance.now()
    await source.discard(at)
    expect((await waiting).length).toBeLessThanOrEqual(1)
    // The thread waits for room.
    await write(topic, 0, 100)
    await until(() => position(topic) >= 3)
    await source.discard(at)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  it('resolves a poll that waits, and all later ones, when it is stopped', async () => {
    await open()
    const waiting = source.poll(60_000)
    await Promise.all([source.stop(), source.stop()])
    expect(await waiting).toEqual([])
    expect(await source.poll(60_000)).toEqual([])
    await source.discard([{ topic: 'any', partition: 0 }])
  })

  it('takes a consumer for itself alone', async () => {
    await open()
    expect(() =>
      pumpSource(native, consumer.name, { ...limits, onFault: () => undefined }),
    ).toThrow(/already/)
  })
})

describe('a partition at its end, in a group that rebalances in parts', () => {
  it('loses no record when librdkafka pauses and resumes it', async () => {
    const topic = await createTopic(1)
    const producer = await connectProducer()
    const sink = batchSink(native, producer.name)
    const consumer = await connectConsumer({ 'group.protocol': 'consumer' })
    const source = pumpSource(native, consumer.name, { ...limits, onFault: () => undefined })
    const keys: (string | null)[] = []
    const write = async (key: string): Promise<void> => {
      const batch = new ProduceBatch()
      batch.add(batch.topicIndex(topic), 0, key, null, Number.NaN, undefined)
      await sink.send(batch)
    }
    let atEnd = false
    const read = (batch: RecordBatch): void => {
      for (let i = 0; i < batch.length; i++) keys.push(batch.key(i))
      atEnd = batch.atEnd
    }
    await write('first')
    assignFromStart(consumer, topic, 1)
    await pollUntil(source, () => atEnd, read)
    // As in a rebalance: from librdkafka's own position.
    consumer.client.pause(partitionsOf(topic, 1))
    await write('second')
    consumer.client.resume(partitionsOf(topic, 1))
    await write('third')
    await pollUntil(source, () => keys.includes('third'), read)
    expect(keys).toEqual(['first', 'second', 'third'])
    await source.stop()
    await consumer.disconnect()
    await sink.stop()
    await producer.disconnect()
  })
})

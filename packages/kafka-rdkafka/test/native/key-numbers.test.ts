import { ProduceBatch, type RecordBatch } from '@goka/interface'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type rdkafka from 'node-rdkafka'
import { batchSink } from '../../src/native/batch-sink.ts'
import { pumpSource } from '../../src/native/pump-source.ts'
import type { RecordSink } from '../../src/record-sink.ts'
import type { RecordSource } from '../../src/record-source.ts'
import {
  assignFromStart,
  type Connected,
  connectConsumer,
  connectProducer,
  createTopic,
  native,
  pollUntil,
} from './clients.ts'

describe('a source that numbers keys', () => {
  let producer: Connected<rdkafka.Producer>
  let sink: RecordSink
  let consumer: Connected<rdkafka.KafkaConsumer>
  let source: RecordSource

  beforeAll(async () => {
    producer = await connectProducer()
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

  async function open(numberKeys = true): Promise<void> {
    consumer = await connectConsumer()
    source = pumpSource(native, consumer.name, {
      maxRecords: 1_000,
      maxBytes: 1_000_000,
      numberKeys,
      onFault: ({ message }) => {
        throw new Error(message)
      },
    })
  }

  async function write(topic: string, partition: number, count: number): Promise<void> {
    const value = Buffer.alloc(1)
    for (let from = 0; from < count; from += 5_000) {
      const batch = new ProduceBatch()
      const index = batch.topicIndex(topic)
      for (let i = from; i < Math.min(count, from + 5_000); i++) {
        batch.add(index, partition, `${i}`, value, Number.NaN, undefined)
      }
      expect((await sink.send(batch)).failure).toBeUndefined()
    }
  }

  it('numbers the keys of each partition, the same for all topics', async () => {
    const [first, second] = [await createTopic(2), await createTopic(2)]
    const batch = new ProduceBatch()
    const long = 'x'.repeat(256)
    for (const topic of [first, second]) {
      const index = batch.topicIndex(topic)
      for (const key of ['b', 'a', 'b', '', 'y'.repeat(100), null, long, 'y'.repeat(100)]) {
        batch.add(index, 1, key, null, Number.NaN, undefined)
      }
    }
    expect((await sink.send(batch)).failure).toBeUndefined()
    await open()
    consumer.client.assign([
      { topic: first, partition: 1, offset: 0 },
      { topic: second, partition: 1, offset: 0 },
    ])
    const numbers = new Map<string, Set<number>>()
    const epochs = new Set<number>()
    let records = 0
    await pollUntil(
      source,
      () => records === 16,
      (found) => {
        records += found.length
        if (found.length > 0) epochs.add(found.keyEpoch)
        for (let index = 0; index < found.length; index++) {
          const key = String(found.key(index))
          numbers.set(key, (numbers.get(key) ?? new Set()).add(found.keyNumber(index)))
        }
      },
    )
    expect(epochs.size).toBe(1)
    expect([...epochs][0]).toBeGreaterThan(0)
    expect([...(numbers.get('null') ?? []), ...(numbers.get(long) ?? [])]).toEqual([-1, -1])
    const numbered = ['b', 'a', '', 'y'.repeat(100)].map((key) => [...(numbers.get(key) ?? [])])
    expect(numbered.flat().sort()).toEqual([0, 1, 2, 3])
  })

  it('counts from 0 again, in another epoch, when it has seen too many keys', async () => {
    const topic = await createTopic(1)
    const count = (1 << 19) + 5_000
    await write(topic, 0, count)
    await open()
    assignFromStart(consumer, topic, 1)
    const highest = new Map<number, number>()
    let records = 0
    await pollUntil(
      source,
      () => records === count,
      (found) => {
        records += found.length
        for (let index = 0; index < found.length; index++) {
          const expected = (highest.get(found.keyEpoch) ?? -1) + 1
          if (found.keyNumber(index) !== expected) throw new Error(`not ${expected}`)
          highest.set(found.keyEpoch, expected)
        }
      },
    )
    expect(highest.size).toBe(2)
  })

  it('does not number keys unless asked to', async () => {
    const topic = await createTopic(1)
    await write(topic, 0, 1)
    await open(false)
    assignFromStart(consumer, topic, 1)
    const found: RecordBatch[] = []
    await pollUntil(
      source,
      () => found.some(({ length }) => length === 1),
      (batch) => found.push(batch),
    )
    expect(new Set(found.map(({ keyEpoch }) => keyEpoch))).toEqual(new Set([0]))
    expect(found.find(({ length }) => length === 1)?.keyNumber(0)).toBe(-1)
  })
})

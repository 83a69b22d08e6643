import { type Header, ProduceBatch } from '@goka/interface'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type rdkafka from 'node-rdkafka'
import { batchSink } from '../../src/native/batch-sink.ts'
import { pumpSource } from '../../src/native/pump-source.ts'
import type { RecordSink } from '../../src/record-sink.ts'
import {
  assignFromStart,
  type Connected,
  connectConsumer,
  connectProducer,
  createTopic,
  native,
  pollUntil,
  randomNumbers,
} from './clients.ts'

/** What a record is made of, and what must come back. */
interface Shape {
  readonly partition: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestampMs: number
  readonly headers: readonly Header[]
}

const partitions = 3
const firstMs = 1_600_000_000_000

describe('records that are produced and consumed natively', () => {
  let producer: Connected<rdkafka.Producer>
  let sink: RecordSink

  beforeAll(async () => {
    producer = await connectProducer({ 'message.max.bytes': 4_000_000, 'compression.codec': 'lz4' })
    sink = batchSink(native, producer.name)
  })
  afterAll(async () => {
    await sink.stop()
    await producer.disconnect()
  })

  async function expectRoundTrip(shapes: readonly Shape[], perBatch: number): Promise<void> {
    const topic = await createTopic(partitions, { 'max.message.bytes': '4000000' })
    const sent = []
    for (let from = 0; from < shapes.length; from += perBatch) {
      sent.push(sink.send(toBatch(topic, shapes.slice(from, from + perBatch))))
    }
    for (const { failure } of await Promise.all(sent)) expect(failure).toBeUndefined()
    const found = await readAll(topic, shapes.length)
    for (let partition = 0; partition < partitions; partition++) {
      const expected = shapes.filter((shape) => shape.partition === partition)
      expect(found[partition]?.length).toBe(expected.length)
      for (const [index, shape] of expected.entries()) {
        const record = found[partition]?.[index]
        // Compared one by one: a difference in a large value must not be printed as a whole.
        expect(record?.headers).toEqual(shape.headers)
        expect(record?.timestampMs).toBe(shape.timestampMs)
        expect(isSame(record?.key, shape.key)).toBe(true)
        expect(isSame(record?.value, shape.value)).toBe(true)
      }
    }
  }

  it('come back byte for byte, whatever their shape', async () => {
    await expectRoundTrip(everyShape(), 7)
  })

  it('come back byte for byte when they are drawn by lot', async () => {
    const random = randomNumbers(20_240_717)
    await expectRoundTrip(
      Array.from({ length: 5_000 }, (_, index) => randomShape(random, index)),
      333,
    )
  })

  it('get the moment of sending where they have no timestamp of their own', async () => {
    const topic = await createTopic(partitions)
    const batch = new ProduceBatch()
    batch.add(batch.topicIndex(topic), 0, 'k', null, Number.NaN, undefined)
    const before = Date.now()
    await sink.send(batch)
    const [record] = (await readAll(topic, 1))[0] ?? []
    expect(record?.timestampMs).toBeGreaterThanOrEqual(before)
    expect(record?.timestampMs).toBeLessThanOrEqual(Date.now())
  })
})

function toBatch(topic: string, shapes: readonly Shape[]): ProduceBatch {
  const batch = new ProduceBatch()
  const index = batch.topicIndex(topic)
  for (const { partition, key, value, timestampMs, headers } of shapes) {
    batch.add(index, partition, key?.toString('latin1') ?? null, value, timestampMs, headers)
  }
  return batch
}

/** Reads until the end of every partition; the records of each, in order. */
async function readAll(topic: string, count: number): Promise<Shape[][]> {
  const consumer = await connectConsumer()
  const found: Shape[][] = Array.from({ length: partitions }, () => [])
  const ended = new Set<number>()
  let records = 0
  const source = pumpSource(native, consumer.name, {
    maxRecords: 500,
    maxBytes: 1_000_000,
    numberKeys: true,
    onFault: (fault) => expect(fault).toBeUndefined(),
  })
  assignFromStart(consumer, topic, partitions)
  await pollUntil(
    source,
    () => records === count && ended.size === partitions,
    (batch) => {
      const list = found[batch.partition] as Shape[]
      for (let i = 0; i < batch.length; i++) {
        expect(batch.offset(i)).toBe(list.length)
        const key = batch.key(i)
        const value = batch.value(i)
        list.push({
          partition: batch.partition,
          key: key === null ? null : Buffer.from(key, 'latin1'),
          value: value === null ? null : Buffer.from(value),
          timestampMs: batch.timestamp(i),
          headers: batch.headers(i),
        })
      }
      records += batch.length
      expect(batch.nextOffset).toBe(list.length)
      if (batch.atEnd) ended.add(batch.partition)
    },
  )
  await source.stop()
  await consumer.disconnect()
  return found
}

function isSame(found: Buffer | null | undefined, expected: Buffer | null): boolean {
  return found === null || found === undefined || expected === null
    ? found === expected
    : found.equals(expected)
}

function everyShape(): Shape[] {
  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  const large = Buffer.alloc(700_000, everyByte)
  const parts = [null, Buffer.alloc(0), Buffer.from([0]), everyByte, Buffer.from('ключ-🗝')]
  const headerLists: Header[][] = [
    [],
    [{ name: 'trace', value: Buffer.from('1') }],
    [{ name: 'none', value: null }],
    [{ name: 'empty', value: Buffer.alloc(0) }],
    [{ name: '', value: everyByte }],
    [
      { name: 'twice', value: Buffer.from('first') },
      { name: 'twice', value: null },
      { name: 'имя-🏷', value: Buffer.from([0, 255]) },
      { name: 'twice', value: Buffer.from('last') },
    ],
    Array.from({ length: 1_000 }, (_, i) => ({ name: `h${i}`, value: Buffer.from([i & 255]) })),
  ]
  const shapes: Shape[] = []
  const add = (key: Buffer | null, value: Buffer | null, headers: readonly Header[]): void => {
    const index = shapes.length
    shapes.push({
      partition: index % partitions,
      key,
      value,
      timestampMs: firstMs + index,
      headers,
    })
  }
  for (const key of parts) for (const value of parts) add(key, value, [])
  for (const headers of headerLists) {
    for (const value of [...parts, large]) add(Buffer.from('key'), value, headers)
  }
  add(large, null, [])
  add(large, large, [{ name: 'large', value: large }])
  return shapes
}

function randomShape(random: () => number, index: number): Shape {
  const bytes = (most: number): Buffer | null => {
    if (random() < 0.1) return null
    const buffer = Buffer.alloc(Math.floor(random() * most))
    for (let i = 0; i < buffer.length; i++) buffer[i] = Math.floor(random() * 256)
    return buffer
  }
  const headers = Array.from({ length: random() < 0.7 ? 0 : Math.floor(random() * 5) }, () => ({
    name: `name-${Math.floor(random() * 3)}`,
    value: bytes(30),
  }))
  return {
    partition: Math.floor(random() * partitions),
    key: bytes(40),
    value: bytes(random() < 0.02 ? 20_000 : 200),
    timestampMs: firstMs + index,
    headers,
  }
}

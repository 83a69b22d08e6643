import { ProduceBatch } from '@goka/interface'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import rdkafka from 'node-rdkafka'
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
  uniqueName,
  until,
} from './clients.ts'

const { ERRORS } = rdkafka.CODES

const value = Buffer.from('value')

function batchOf(topic: string, partition: number, count: number, from = 0): ProduceBatch {
  const batch = new ProduceBatch()
  const index = batch.topicIndex(topic)
  for (let i = 0; i < count; i++) {
    batch.add(index, partition, String(from + i), value, Number.NaN, undefined)
  }
  return batch
}

describe('a sink', () => {
  let producer: Connected<rdkafka.Producer>
  let sink: RecordSink
  let topic: string

  beforeAll(async () => {
    producer = await connectProducer({ 'message.max.bytes': 100_000 })
    sink = batchSink(native, producer.name)
    topic = await createTopic(4)
  })
  afterAll(async () => {
    await sink.stop()
    await producer.disconnect()
  })

  it('tells for each partition the offset after its last record', async () => {
    const other = await createTopic(2)
    const batch = new ProduceBatch()
    for (const [name, partition] of [
      [topic, 3],
      [other, 1],
      [topic, 3],
      [topic, 0],
    ] as const) {
      batch.add(batch.topicIndex(name), partition, 'k', value, Number.NaN, undefined)
    }
    expect(await sink.send(batch)).toEqual({
      ends: [
        { topic, partition: 3, offset: 2 },
        { topic: other, partition: 1, offset: 1 },
        { topic, partition: 0, offset: 1 },
      ],
      failure: undefined,
    })
    expect((await sink.send(batch)).ends).toContainEqual({ topic, partition: 3, offset: 4 })
  })

  it('tells the offset of each record', async () => {
    const own = await createTopic(2)
    const batch = new ProduceBatch()
    const index = batch.topicIndex(own)
    for (const partition of [0, 1, 1, 0, 1]) {
      batch.add(index, partition, null, value, Number.NaN, undefined)
    }
    const { offsets, codes } = await sink.sendEach(batch)
    expect([...offsets]).toEqual([0, 0, 1, 1, 2])
    expect([...codes]).toEqual([0, 0, 0, 0, 0])
  })

  it('settles an empty batch at once', async () => {
    expect(await sink.send(new ProduceBatch())).toEqual({ ends: [], failure: undefined })
    const { offsets, codes } = await sink.sendEach(new ProduceBatch())
    expect([offsets.length, codes.length]).toEqual([0, 0])
  })

  it('writes what it can of a batch and names the first record that it cannot', async () => {
    const own = await createTopic(1)
    const batch = new ProduceBatch()
    const index = batch.topicIndex(own)
    batch.add(index, 0, 'good', value, Number.NaN, undefined)
    batch.add(index, 0, 'too large', Buffer.alloc(200_000), Number.NaN, undefined)
    batch.add(index, 7, 'nowhere', value, Number.NaN, undefined)
    batch.add(index, 0, 'good', value, Number.NaN, undefined)
    expect(await sink.send(batch)).toEqual({
      ends: [{ topic: own, partition: 0, offset: 2 }],
      failure: { index: 1, code: ERRORS.ERR_MSG_SIZE_TOO_LARGE },
    })
    const { offsets, codes } = await sink.sendEach(batch)
    expect([...offsets]).toEqual([2, Number.NaN, Number.NaN, 3])
    expect([...codes]).toEqual([0, ERRORS.ERR_MSG_SIZE_TOO_LARGE, ERRORS.ERR__UNKNOWN_PARTITION, 0])
  })

  it('tells that a topic does not exist', async () => {
    const unknown = uniqueName('unknown')
    const mixed = batchOf(unknown, 0, 2)
    mixed.add(mixed.topicIndex(topic), 1, 'k', value, Number.NaN, undefined)
    for (let attempt = 0; attempt < 2; attempt++) {
      const { codes, offsets } = await sink.sendEach(mixed)
      // The client's own knowledge, or the broker's answer.
      const either = [ERRORS.ERR__UNKNOWN_TOPIC, ERRORS.ERR_UNKNOWN_TOPIC_OR_PART]
      expect(either).toContain(codes[0])
      expect(either).toContain(codes[1])
      expect(codes[2]).toBe(0)
      expect(offsets[2]).toBeGreaterThanOrEqual(0)
    }
  })

  it('keeps the order of batches that nobody waits for', async () => {
    const own = await createTopic(1)
    const count = 500_000
    const sent = []
    // Sizes of all kinds, so that one is still being handed over when the next is sent.
    for (let from = 0, size = 1; from < count; from += size, size = (size * 7) % 4_999) {
      sent.push(sink.send(batchOf(own, 0, Math.min(size, count - from), from)))
    }
    for (const { failure } of await Promise.all(sent)) expect(failure).toBeUndefined()

    const consumer = await connectConsumer()
    const source = pumpSource(native, consumer.name, {
      maxRecords: 2_000,
      maxBytes: 1_000_000,
      numberKeys: false,
      onFault: (fault) => expect(fault).toBeUndefined(),
    })
    assignFromStart(consumer, own, 1)
    let next = 0
    let breaks = 0
    await pollUntil(
      source,
      () => next >= count,
      (batch) => {
        for (let i = 0; i < batch.length; i++) if (Number(batch.key(i)) !== next++) breaks++
      },
    )
    await source.stop()
    await consumer.disconnect()
    expect([next, breaks]).toEqual([count, 0])
  }, 120_000)

  it('refuses rows that point outside of their memory, and writes the others', async () => {
    const rowInts = 10
    const garbage: [name: string, spoil: (ints: Int32Array, doubles: Float64Array) => void][] = [
      ['a topic that is not there', (ints) => (ints[2] = 1)],
      ['a negative topic', (ints) => (ints[2] = -1)],
      ['a negative partition', (ints) => (ints[3] = -1)],
      ['a key that starts before', (ints) => (ints[4] = -4)],
      ['a key that ends behind', (ints) => (ints[5] = 2 ** 31 - 1)],
      ['a key of a negative length', (ints) => (ints[5] = -2)],
      ['a value that starts behind', (ints) => (ints[6] = 2 ** 30)],
      ['a value that ends behind', (ints) => (ints[7] = 2 ** 29)],
      ['headers of a negative length', (ints) => (ints[9] = -1)],
      ['headers that end behind', (ints) => (ints[9] = 2 ** 29)],
      ['headers that are cut', (ints) => (ints[9] = (ints[9] as number) - 1)],
      ['headers that begin elsewhere', (ints) => (ints[8] = (ints[8] as number) + 1)],
      ['a timestamp that is no number', (_, doubles) => (doubles[0] = Number.POSITIVE_INFINITY)],
    ]
    const batch = new ProduceBatch()
    const index = batch.topicIndex(topic)
    const headers = [{ name: 'name', value: Buffer.from('value') }]
    for (const _ of garbage) batch.add(index, 2, 'key', value, 1, headers)
    batch.add(index, 2, 'key', value, 1, headers)
    for (const [row, [, spoil]] of garbage.entries()) {
      const start = row * rowInts * 4
      spoil(new Int32Array(batch.rows, start, rowInts), new Float64Array(batch.rows, start, 5))
    }
    const { codes } = await sink.sendEach(batch)
    const found = garbage.map(([name], row) => [name, codes[row]])
    expect(found).toEqual(garbage.map(([name]) => [name, ERRORS.ERR__INVALID_ARG]))
    expect(codes[garbage.length]).toBe(0)
  })

  it('survives rows of noise', async () => {
    let state = 12_345
    const noise = (): number => {
      state = Math.imul(state, 1_103_515_245) + 12_345
      return state
    }
    const own = await createTopic(1)
    for (let round = 0; round < 50; round++) {
      const batch = batchOf(own, 0, 200)
      const ints = new Int32Array(batch.rows)
      // Topic and partition stay, most of the other fields are noise, small or large.
      for (let at = 0; at < 200 * 10; at++) {
        const field = at % 10
        if (field === 2 || field === 3 || noise() % 3 === 0) continue
        ints[at] = noise() >> (noise() & 31)
      }
      const { codes, offsets } = await sink.sendEach(batch)
      for (const [record, code] of codes.entries()) {
        expect(code === 0).toBe(offsets[record] !== undefined && offsets[record] >= 0)
      }
    }
  })

  it('refuses a batch that is shorter than it says', () => {
    const addon = new native.ProducerSink(twin.name, () => undefined)
    const rows = new ArrayBuffer(40)
    const bytes = new Uint8Array(3)
    expect(() => addon.send(0, [topic], rows, 2, bytes, 3, false)).toThrow(/shorter/)
    expect(() => addon.send(0, [topic], rows, 1, bytes, 4, false)).toThrow(/shorter/)
    expect(() => addon.send(0, [topic], rows, 0, bytes, 3, false)).toThrow(/argument 4/)
    expect(() => addon.send(0, [topic], new ArrayBuffer(0), 1, bytes, 3, false)).toThrow(/shorter/)
    addon.stop()
  })

  let twin: Connected<rdkafka.Producer>
  beforeAll(async () => {
    twin = await connectProducer()
  })
  afterAll(() => twin.disconnect())
})

describe('a sink whose client has little room', () => {
  it('waits until there is some, in order and without loss', async () => {
    const topic = await createTopic(1)
    const producer = await connectProducer({ 'queue.buffering.max.messages': 100 })
    const sink = batchSink(native, producer.name)
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => sink.send(batchOf(topic, 0, 1_000, i * 1_000))),
    )
    expect(results.map(({ failure }) => failure)).toEqual(results.map(() => undefined))
    expect(results.map(({ ends }) => ends[0]?.offset)).toEqual(
      results.map((_, i) => (i + 1) * 1_000),
    )
    await sink.stop()
    await producer.disconnect()
  })

  it('settles what waits when it is stopped', async () => {
    const topic = await createTopic(1)
    const producer = await connectProducer({
      'queue.buffering.max.messages': 100,
      // Nothing is sent, so there never is room.
      'linger.ms': 60_000,
      'batch.num.messages': 1_000,
      'statistics.interval.ms': 5,
    })
    let queued = 0
    producer.client.on('event.stats', ({ message }) => {
      queued = (JSON.parse(message as string) as { msg_cnt: number }).msg_cnt
    })
    const sink = batchSink(native, producer.name)
    const first = sink.sendEach(batchOf(topic, 0, 1_000))
    const second = sink.send(batchOf(topic, 0, 1_000))
    await until(() => queued === 100)
    await sink.stop()
    expect((await second).failure).toEqual({ index: 0, code: ERRORS.ERR__DESTROY })
    expect((await sink.send(batchOf(topic, 0, 1))).failure?.code).toBe(ERRORS.ERR__DESTROY)
    // What the client had is delivered by its flush.
    await new Promise((resolve) => producer.client.flush(10_000, resolve))
    const { codes, offsets } = await first
    const written = codes.indexOf(ERRORS.ERR__DESTROY)
    expect(written).toBe(100)
    expect([...offsets.subarray(0, written)]).toEqual(Array.from({ length: written }, (_, i) => i))
    expect(codes.subarray(written).every((code) => code === ERRORS.ERR__DESTROY)).toBe(true)
    await producer.disconnect()
  })
})

describe('a sink whose producer goes', () => {
  it('settles every record although the client was destroyed with them', async () => {
    const topic = await createTopic(1)
    const producer = await connectProducer({ 'linger.ms': 60_000, 'batch.num.messages': 100_000 })
    const sink = batchSink(native, producer.name)
    const each = sink.sendEach(batchOf(topic, 0, 500))
    const whole = sink.send(batchOf(topic, 0, 500))
    await sink.stop()
    await producer.disconnect()
    const { codes } = await each
    expect(codes.length).toBe(500)
    expect((await whole).failure?.index ?? -1).toBeLessThan(500)
    const settled = await sink.send(batchOf(topic, 0, 3))
    expect(settled.failure).toEqual({ index: 0, code: ERRORS.ERR__DESTROY })
  })

  it('settles every record although nobody stopped the sink', async () => {
    const topic = await createTopic(1)
    const producer = await connectProducer({ 'linger.ms': 60_000, 'batch.num.messages': 100_000 })
    const sink = batchSink(native, producer.name)
    const sent = Array.from({ length: 50 }, () => sink.sendEach(batchOf(topic, 0, 500)))
    await producer.disconnect()
    for (const { codes, offsets } of await Promise.all(sent)) {
      for (const [index, code] of codes.entries()) {
        expect(code === 0 || Number.isNaN(offsets[index])).toBe(true)
      }
    }
    await sink.stop()
  })

  it('takes no producer without delivery.report.only.error, and no second sink', async () => {
    const plain = await connectProducer({ 'delivery.report.only.error': false })
    expect(() => batchSink(native, plain.name)).toThrow(/delivery\.report\.only\.error/)
    await plain.disconnect()
    const producer = await connectProducer()
    const sink = batchSink(native, producer.name)
    expect(() => batchSink(native, producer.name)).toThrow(/already/)
    await sink.stop()
    await producer.disconnect()
    expect(() => batchSink(native, producer.name)).toThrow(/there is no connected client/)
  })
})

describe('a sink in transactions', () => {
  it('settles what an abort takes back as failed, and what a commit keeps as written', async () => {
    const topic = await createTopic(1)
    const producer = await connectProducer({
      'transactional.id': uniqueName('transaction'),
      // Nothing is sent before the transaction ends.
      'linger.ms': 30_000,
    })
    const { client } = producer
    const run = (work: (done: (error: unknown) => void) => void): Promise<void> =>
      new Promise((resolve, reject) => work((error) => (error ? reject(error) : resolve())))
    await run((done) => client.initTransactions(10_000, done))
    const sink = batchSink(native, producer.name)

    expect((await sink.send(batchOf(topic, 0, 10))).failure?.code).toBe(ERRORS.ERR__STATE)

    await run((done) => client.beginTransaction(done))
    const taken = sink.send(batchOf(topic, 0, 10))
    await run((done) => client.abortTransaction(10_000, done))
    const { failure } = await taken
    expect([ERRORS.ERR__PURGE_QUEUE, ERRORS.ERR__STATE]).toContain(failure?.code)

    await run((done) => client.beginTransaction(done))
    const kept = sink.send(batchOf(topic, 0, 10))
    // The records reach the client some time after the call, and only then a flush sends them.
    let settled = false
    void kept.then(() => {
      settled = true
    })
    await until(async () => {
      await run((done) => client.flush(10_000, done))
      return settled
    })
    expect((await kept).failure).toBeUndefined()
    await run((done) => client.commitTransaction(10_000, done))
    await sink.stop()
    await producer.disconnect()
  })

  it('fails everything once another producer took the place', async () => {
    const topic = await createTopic(1)
    const settings = { 'transactional.id': uniqueName('transaction') }
    const run = (work: (done: (error: unknown) => void) => void): Promise<void> =>
      new Promise((resolve, reject) => {
        work((error) => (error ? reject(error) : resolve()))
      })
    const old = await connectProducer(settings)
    await run((done) => old.client.initTransactions(10_000, done))
    const sink = batchSink(native, old.name)
    await run((done) => old.client.beginTransaction(done))
    expect((await sink.send(batchOf(topic, 0, 1))).failure).toBeUndefined()

    const young = await connectProducer(settings)
    await run((done) => young.client.initTransactions(10_000, done))
    const failures = await Promise.all(
      Array.from({ length: 20 }, () => sink.sendEach(batchOf(topic, 0, 100))),
    )
    for (const { codes, offsets } of failures) {
      expect(codes.every((code) => code !== 0)).toBe(true)
      expect(offsets.every((offset) => Number.isNaN(offset))).toBe(true)
    }
    // The client has a fatal error now and takes nothing.
    expect((await sink.send(batchOf(topic, 0, 1))).failure?.index).toBe(0)
    await sink.stop()
    await old.disconnect()
    await young.disconnect()
  })
})

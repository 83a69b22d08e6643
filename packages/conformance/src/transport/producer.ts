import assert from 'node:assert/strict'
import { isGokaError, ProduceBatch } from '@goka/interface'
import { utf8 } from '../bytes.ts'
import { expectCode } from '../expect-code.ts'
import { addTo, batchOf, type Outgoing, texts } from './batch-of.ts'
import { place } from './inbox.ts'
import type { TransportTests } from './transport-case.ts'

export const producerTests: TransportTests = {
  'records are in the order of the sends, though nobody waits for them': async ({
    topic,
    producer,
    read,
  }) => {
    const name = await topic(3)
    const sender = await producer({ lingerMs: 2 })
    const expected: string[][] = [[], [], []]
    const sends: Promise<unknown>[] = []
    let sequence = 0
    for (let round = 0; round < 150; round++) {
      const records: Outgoing[] = []
      for (let count = 0; count <= round % 5; count++) {
        const partition = (round + count * 2) % 3
        const value = `record-${sequence++}`
        records.push({ partition, value, key: value })
        expected[partition]?.push(value)
      }
      const batch = batchOf(name, records)
      sends.push(round % 2 === 0 ? sender.send(batch) : sender.sendEach(batch))
    }
    await Promise.all(sends)
    for (const [partition, values] of expected.entries()) {
      const found = await read({ topic: name, partition })
      assert.deepEqual(found.values({ topic: name, partition }), values)
    }
  },

  'send tells for each partition the offset after its last record': async ({ topic, producer }) => {
    const [first, second] = [await topic(3), await topic(1)]
    const sender = await producer()
    const batch = batchOf(
      first,
      [2, 0, 2, 2].map((partition) => ({ partition, value: 'a' })),
    )
    addTo(batch, second, ['b'])
    const positions = async (): Promise<Record<string, number>> =>
      Object.fromEntries((await sender.send(batch)).map((end) => [place(end), end.offset]))
    assert.deepEqual(await positions(), {
      [`${first}/0`]: 1,
      [`${first}/2`]: 3,
      [`${second}/0`]: 1,
    })
    assert.deepEqual(await positions(), {
      [`${first}/0`]: 2,
      [`${first}/2`]: 6,
      [`${second}/0`]: 2,
    })
  },

  'a record is there once its send has resolved': async ({ topic, producer, admin }) => {
    const partition = { topic: await topic(), partition: 0 }
    const sender = await producer({ lingerMs: 20 })
    const client = await admin()
    for (let count = 1; count <= 5; count++) {
      await sender.send(batchOf(partition.topic, ['a']))
      const [end] = await client.offsets([partition], 'latest')
      assert.equal(end?.offset, count)
    }
  },

  'an empty batch is sent at once': async ({ producer }) => {
    const sender = await producer()
    assert.deepEqual(await sender.send(new ProduceBatch()), [])
    const report = await sender.sendEach(new ProduceBatch())
    assert.equal(report.offsets.length, 0)
    assert.equal(report.failures.size, 0)
  },

  'sendEach tells the offset of each record': async ({ topic, producer }) => {
    const name = await topic(2)
    const sender = await producer()
    await sender.send(batchOf(name, ['first']))
    const records = [0, 1, 0, 1, 1].map((partition) => ({ partition, value: 'a' }))
    const report = await sender.sendEach(batchOf(name, records))
    assert.deepEqual(Array.from(report.offsets), [1, 0, 2, 1, 2])
    assert.equal(report.failures.size, 0)
  },

  'sendEach tells why a record was not written and does not reject': async ({
    topic,
    name,
    producer,
    read,
  }) => {
    const partition = { topic: await topic(), partition: 0 }
    const sender = await producer()
    const batch = batchOf(partition.topic, ['a', { value: new Uint8Array(3 << 20) }, 'b'])
    addTo(batch, name('unknown'), ['c'])
    addTo(batch, partition.topic, ['d'])
    const report = await sender.sendEach(batch)
    assert.deepEqual(Array.from(report.offsets), [0, Number.NaN, 1, Number.NaN, 2])
    assert.deepEqual(
      [...report.failures].sort(([a], [b]) => a - b).map(([index, error]) => [index, error.code]),
      [
        [1, 'GOKA_TRANSPORT_RECORD_TOO_LARGE'],
        [3, 'GOKA_TOPIC_UNKNOWN'],
      ],
    )
    assert.deepEqual((await read(partition)).values(partition), ['a', 'b', 'd'])
  },

  'a record for a topic that does not exist is refused and creates nothing': async ({
    name,
    topic,
    producer,
    admin,
  }) => {
    const missing = name('unknown')
    const sender = await producer()
    const error = await expectCode('GOKA_TOPIC_UNKNOWN', () => sender.send(batchOf(missing, ['a'])))
    assert.equal(error.details.topic, missing)
    assert.equal((await (await admin()).topics([missing])).size, 0)
    await sender.send(batchOf(await topic(), ['a']))
  },

  'a record for a partition that does not exist is refused': async ({ topic, producer }) => {
    const name = await topic(2)
    const sender = await producer()
    const batch = batchOf(name, [
      { partition: 2, value: 'a' },
      { partition: 1, value: 'b' },
    ])
    const report = await sender.sendEach(batch)
    assert.deepEqual(Array.from(report.offsets), [Number.NaN, 0])
    assert.ok(isGokaError(report.failures.get(0)), 'the first record has a failure')
    assert.equal(report.failures.size, 1)
  },

  'partitions tells how many a topic has': async ({ topic, name, producer }) => {
    const sender = await producer()
    assert.equal(await sender.partitions(await topic(1)), 1)
    const five = await topic(5)
    assert.equal(await sender.partitions(five), 5)
    assert.equal(await sender.partitions(five), 5)
    const missing = name('unknown')
    const error = await expectCode('GOKA_TOPIC_UNKNOWN', () => sender.partitions(missing))
    assert.equal(error.details.topic, missing)
  },

  'a batch is the caller’s again once its send has settled': async ({ topic, producer, read }) => {
    const partition = { topic: await topic(), partition: 0 }
    const sender = await producer()
    const batch = new ProduceBatch()
    for (const value of texts('round', 20)) {
      batch.clear()
      addTo(batch, partition.topic, [value, `${value}!`])
      await sender.send(batch)
      batch.bytes.fill(0x3f)
    }
    const expected = texts('round', 20).flatMap((value) => [value, `${value}!`])
    assert.deepEqual((await read(partition)).values(partition), expected)
  },

  'several batches may be under way, each with its own memory': async ({
    topic,
    producer,
    read,
  }) => {
    const partition = { topic: await topic(), partition: 0 }
    const sender = await producer({ lingerMs: 5 })
    const sends = texts('batch', 50).map(async (value) => {
      const batch = batchOf(partition.topic, [value])
      await sender.send(batch)
      batch.bytes.fill(0x3f)
    })
    await Promise.all(sends)
    assert.deepEqual((await read(partition)).values(partition), texts('batch', 50))
  },

  'a batch may hold records of several topics': async ({ topic, producer, read }) => {
    const topics = [await topic(), await topic(), await topic()]
    const batch = new ProduceBatch()
    const indexes = topics.map((name) => batch.topicIndex(name))
    for (const [number, value] of texts('value', 30).entries()) {
      batch.add(indexes[number % 3] as number, 0, null, utf8(value), Number.NaN, undefined)
    }
    await (await producer()).send(batch)
    for (const [index, name] of topics.entries()) {
      const partition = { topic: name, partition: 0 }
      const expected = texts('value', 30).filter((_, number) => number % 3 === index)
      assert.deepEqual((await read(partition)).values(partition), expected)
    }
  },

  'producers are independent of each other': async ({ topic, producer, read }) => {
    const partition = { topic: await topic(), partition: 0 }
    const [first, second] = [await producer(), await producer()]
    await first.send(batchOf(partition.topic, ['a']))
    await first.close()
    await second.send(batchOf(partition.topic, ['b']))
    assert.deepEqual((await read(partition)).values(partition), ['a', 'b'])
  },

  'a close waits for what was sent': async ({ topic, producer, read }) => {
    const partition = { topic: await topic(), partition: 0 }
    const sender = await producer({ lingerMs: 50 })
    const sends = texts('value', 20).map((value) => sender.send(batchOf(partition.topic, [value])))
    await sender.close()
    await Promise.all(sends)
    assert.deepEqual((await read(partition)).values(partition), texts('value', 20))
  },
}

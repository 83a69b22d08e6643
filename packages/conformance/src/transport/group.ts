import assert from 'node:assert/strict'
import type { GroupConsumer, TopicPartition } from '@goka/interface'
import { expectCode } from '../expect-code.ts'
import { batchOf, texts } from './batch-of.ts'
import { Inbox, pollNothing, pollTo, pollUntil } from './inbox.ts'
import type { TransportCase, TransportTests } from './transport-case.ts'

/** A consumer that the test polls by itself, with the calls of its listener. */
interface Driven {
  readonly consumer: GroupConsumer
  readonly inbox: Inbox
  readonly calls: string[]
  readonly assigned: TopicPartition[]
}

/** A consumer that is assigned its partitions but has not started them. */
async function driven(
  { consumer: make, name }: TransportCase,
  topic: string,
  { start = 0, group = name('group') } = {},
): Promise<Driven> {
  const calls: string[] = []
  const assigned: TopicPartition[] = []
  const inbox = new Inbox()
  const consumer = await make({
    group,
    topics: [topic],
    isolation: 'read_committed',
    listener: {
      assigned: async (partitions) => {
        calls.push('assigned')
        assigned.push(...partitions)
        for (const partition of partitions) inbox.start(partition, start)
        return partitions.map((partition) => ({ ...partition, offset: start }))
      },
      revoked: async () => {
        calls.push('revoked')
      },
      lost: async () => {
        calls.push('lost')
      },
    },
  })
  await pollUntil(consumer, inbox, 'the assignment', () => assigned.length > 0)
  return { consumer, inbox, calls, assigned }
}

export const groupTests: TransportTests = {
  'a member is assigned every partition before it gets a record': async (testCase) => {
    const { topic, producer } = testCase
    const name = await topic(3)
    const records = [0, 1, 2].map((partition) => ({ partition, value: 'a' }))
    await (await producer()).send(batchOf(name, records))
    const { consumer, inbox, calls, assigned } = await driven(testCase, name)
    await consumer.resume(assigned)
    await pollUntil(consumer, inbox, 'the records', () => inbox.records.length === 3)
    assert.deepEqual(calls, ['assigned'])
    assert.deepEqual(assigned.map(({ partition }) => partition).sort(), [0, 1, 2])
    assert.ok(assigned.every((partition) => partition.topic === name))
  },

  'partitions are paused until they are resumed': async (testCase) => {
    const { topic, producer } = testCase
    const name = await topic(2)
    const sender = await producer()
    await sender.send(
      batchOf(
        name,
        [0, 1].map((partition) => ({ partition, value: 'a' })),
      ),
    )
    const { consumer, inbox } = await driven(testCase, name)
    await pollNothing(consumer, inbox)
    await consumer.resume([{ topic: name, partition: 1 }])
    await pollUntil(consumer, inbox, 'the record', () => inbox.records.length === 1)
    await pollNothing(consumer, inbox)
    assert.equal(inbox.records[0]?.partition, 1)
    await consumer.resume([{ topic: name, partition: 0 }])
    await pollUntil(consumer, inbox, 'the other record', () => inbox.records.length === 2)
    assert.equal(inbox.records[1]?.partition, 0)
  },

  'a resume counts from the moment when the partitions are assigned': async ({
    topic,
    name,
    producer,
    consumer: make,
  }) => {
    const input = await topic(2)
    const records = [0, 1].map((partition) => ({ partition, value: 'a' }))
    await (await producer()).send(batchOf(input, records))
    const inbox = new Inbox()
    const consumer: GroupConsumer = await make({
      group: name('group'),
      topics: [input],
      isolation: 'read_committed',
      listener: {
        assigned: async (partitions) => {
          for (const partition of partitions) inbox.start(partition, 0)
          // Not awaited: the listener cannot wait for what waits for the listener.
          void consumer.resume(partitions)
          return partitions.map((partition) => ({ ...partition, offset: 0 }))
        },
        revoked: async () => {},
        lost: async () => {},
      },
    })
    await pollUntil(consumer, inbox, 'the records', () => inbox.records.length === 2)
  },

  'reading starts where the listener said': async (testCase) => {
    const { topic, producer } = testCase
    const name = await topic(2)
    const both = [0, 1].map((partition) => ({ topic: name, partition }))
    const records = both.flatMap(({ partition }) =>
      texts('value', 10).map((value) => ({ partition, value })),
    )
    await (await producer()).send(batchOf(name, records))
    const { consumer, inbox, assigned } = await driven(testCase, name, { start: 7 })
    await consumer.resume(assigned)
    for (const partition of both) {
      await pollTo(consumer, inbox, partition, 10)
      assert.deepEqual(inbox.values(partition), texts('value', 10).slice(7))
    }
  },

  'records come in the order of their partition, none missing and none twice': async (testCase) => {
    const { topic, producer } = testCase
    const name = await topic(3)
    const sender = await producer()
    const { consumer, inbox, assigned } = await driven(testCase, name)
    await consumer.resume(assigned)
    const sends: Promise<unknown>[] = []
    for (const [number, value] of texts('value', 600).entries()) {
      sends.push(sender.send(batchOf(name, [{ partition: number % 3, value }])))
      if (number % 60 === 0) inbox.take(await consumer.poll(5))
    }
    await Promise.all(sends)
    for (const partition of assigned) {
      await pollTo(consumer, inbox, partition, 200)
      const expected = texts('value', 600).filter((_, number) => number % 3 === partition.partition)
      assert.deepEqual(inbox.values(partition), expected)
      assert.equal(consumer.endOffset(partition), 200)
    }
  },

  'nothing comes of a paused partition, and it goes on where it was': async (testCase) => {
    const { topic, producer } = testCase
    const name = await topic(2)
    const [held, other] = [0, 1].map((partition) => ({ topic: name, partition }))
    assert.ok(held && other)
    const sender = await producer()
    const values = texts('value', 3000)
    await sender.send(
      batchOf(
        name,
        values.map((value) => ({ partition: 0, value })),
      ),
    )
    const { consumer, inbox, assigned } = await driven(testCase, name)
    await consumer.resume(assigned)
    for (let round = 0; round < 3; round++) {
      const seen = inbox.of(held).length
      const more = (): boolean => inbox.of(held).length > seen || seen === values.length
      await pollUntil(consumer, inbox, 'more records', more)
      await consumer.pause([held])
      const before: number = inbox.of(held).length
      await sender.send(
        batchOf(name, [
          { partition: 0, value: 'late' },
          { partition: 1, value: 'a' },
        ]),
      )
      values.push('late')
      await pollTo(consumer, inbox, other, round + 1)
      await pollNothing(consumer, inbox)
      assert.equal(inbox.of(held).length, before)
      await consumer.resume([held])
    }
    await pollTo(consumer, inbox, held, values.length)
    assert.deepEqual(inbox.values(held), values)
  },

  'a resume with an offset goes on there': async (testCase) => {
    const { topic, producer } = testCase
    const partition = { topic: await topic(), partition: 0 }
    await (await producer()).send(batchOf(partition.topic, texts('value', 100)))
    const { consumer, inbox } = await driven(testCase, partition.topic)
    for (const offset of [90, 5, 100, 50, 0]) {
      await consumer.pause([partition])
      inbox.start(partition, offset)
      inbox.records.length = 0
      await consumer.resume([{ ...partition, offset }])
      await pollTo(consumer, inbox, partition, 100)
      if (offset === 100) await pollNothing(consumer, inbox)
      assert.deepEqual(inbox.values(partition), texts('value', 100).slice(offset))
    }
  },

  'a partition that runs may be resumed at another offset': async (testCase) => {
    const { topic, producer } = testCase
    const partition = { topic: await topic(), partition: 0 }
    await (await producer()).send(batchOf(partition.topic, texts('value', 100)))
    const { consumer, inbox } = await driven(testCase, partition.topic)
    await consumer.resume([partition])
    await pollTo(consumer, inbox, partition, 100)
    inbox.start(partition, 97)
    inbox.records.length = 0
    await consumer.resume([{ ...partition, offset: 97 }])
    await pollTo(consumer, inbox, partition, 100)
    assert.deepEqual(inbox.values(partition), texts('value', 100).slice(97))
  },

  'partitions that are not assigned are ignored by resume and pause': async (testCase) => {
    const { topic, producer } = testCase
    const [name, other] = [await topic(), await topic()]
    await (await producer()).send(batchOf(name, ['a']))
    await (await producer()).send(batchOf(other, ['b']))
    const { consumer, inbox, assigned } = await driven(testCase, name)
    await consumer.resume([
      { topic: other, partition: 0 },
      { topic: name, partition: 9, offset: 3 },
    ])
    await consumer.pause([{ topic: other, partition: 0 }])
    await pollNothing(consumer, inbox)
    await consumer.resume(assigned)
    await pollUntil(consumer, inbox, 'the record', () => inbox.records.length === 1)
    await pollNothing(consumer, inbox)
  },

  'an offset out of range is told, and the partition paused': async (testCase) => {
    const { topic, producer } = testCase
    const name = await topic(2)
    await (await producer()).send(
      batchOf(
        name,
        [0, 1].map((partition) => ({ partition, value: 'a' })),
      ),
    )
    const { consumer, inbox } = await driven(testCase, name)
    const [good, bad] = [0, 1].map((partition) => ({ topic: name, partition }))
    assert.ok(good && bad)
    inbox.start(bad, 5)
    await consumer.resume([{ ...bad, offset: 5 }])
    const failing = pollUntil(consumer, inbox, 'the failure', () => false)
    const error = await expectCode('GOKA_TRANSPORT_OFFSET_RANGE', () => failing)
    assert.deepEqual(
      [error.details.topic, error.details.partition, error.details.offset],
      [name, 1, 5],
    )
    await consumer.resume([good])
    await pollTo(consumer, inbox, good, 1)
    await pollNothing(consumer, inbox)
    inbox.start(bad, 0)
    await consumer.resume([{ ...bad, offset: 0 }])
    await pollTo(consumer, inbox, bad, 1)
  },

  'a group cannot read a topic that does not exist': async ({ name, consumer: make }) => {
    const consumer = await make({
      group: name('group'),
      topics: [name('unknown')],
      isolation: 'read_committed',
      listener: {
        assigned: async () => [],
        revoked: async () => {},
        lost: async () => {},
      },
    })
    const failing = pollUntil(consumer, new Inbox(), 'the failure', () => false)
    await expectCode('GOKA_TOPIC_UNKNOWN', () => failing)
  },

  'what the listener rejects with fails the next poll': async ({ topic, name, consumer: make }) => {
    const failure = new RangeError('the listener failed')
    const consumer = await make({
      group: name('group'),
      topics: [await topic()],
      isolation: 'read_committed',
      listener: {
        assigned: () => Promise.reject(failure),
        revoked: async () => {},
        lost: async () => {},
      },
    })
    const failing = pollUntil(consumer, new Inbox(), 'the failure', () => false)
    const found = await failing.catch((error: unknown) => error)
    assert.ok(found === failure, `the poll failed with ${String(found)}`)
  },

  'a poll of a group waits for records, and no longer than it should': async (testCase) => {
    const { topic, producer } = testCase
    const partition = { topic: await topic(), partition: 0 }
    const sender = await producer()
    const { consumer, inbox, assigned } = await driven(testCase, partition.topic)
    await consumer.resume(assigned)
    const before = performance.now()
    for (let poll = 0; poll < 6; poll++) inbox.take(await consumer.poll(40))
    const waited = performance.now() - before
    assert.ok(waited > 80, `six polls of 40 ms took ${waited} ms`)
    assert.ok(waited < 5000, `six polls of 40 ms took ${waited} ms`)
    const long = consumer.poll(60_000)
    await sender.send(batchOf(partition.topic, ['a']))
    inbox.take(await long)
    await pollTo(consumer, inbox, partition, 1)
  },
}

import assert from 'node:assert/strict'
import type { PartitionReader, TopicPartition } from '@goka/interface'
import { expectCode } from '../expect-code.ts'
import { batchOf, texts } from './batch-of.ts'
import { eventually } from './deadline.ts'
import { Inbox, pollNothing, pollTo, pollUntil } from './inbox.ts'
import type { TransportCase, TransportTests } from './transport-case.ts'

/** A reader of a partition from its start, and what it got. */
async function watch(
  { reader }: TransportCase,
  partition: TopicPartition,
  isolation: 'read_committed' | 'read_uncommitted' = 'read_committed',
): Promise<{ client: PartitionReader; inbox: Inbox }> {
  const client = await reader(isolation)
  const inbox = new Inbox()
  inbox.start(partition, 0)
  await client.add([{ ...partition, offset: 0 }])
  return { client, inbox }
}

/** The high watermark. */
async function end({ admin }: TransportCase, partition: TopicPartition): Promise<number> {
  const [latest] = await (await admin()).offsets([partition], 'latest')
  return latest?.offset ?? Number.NaN
}

export const transactionTests: TransportTests = {
  'records of a transaction are seen once it is committed': async (testCase) => {
    const { topic, name, producer, transactionalProducer, consumer } = testCase
    const partition = { topic: await topic(), partition: 0 }
    await (await producer()).send(batchOf(partition.topic, ['before']))
    const sender = await transactionalProducer(name('transaction'))
    const group = await bystander(testCase, consumer, partition.topic)
    const { client, inbox } = await watch(testCase, partition)
    await sender.begin()
    await sender.send(batchOf(partition.topic, ['a', 'b']))
    await pollTo(client, inbox, partition, 1)
    await pollNothing(client, inbox)
    assert.deepEqual(inbox.values(partition), ['before'])
    await sender.commit(group, [])
    await pollUntil(client, inbox, 'the records', () => inbox.records.length === 3)
    assert.deepEqual(inbox.values(partition), ['before', 'a', 'b'])
  },

  'records of an aborted transaction are never seen': async (testCase) => {
    const { topic, name, producer, transactionalProducer, consumer } = testCase
    const partition = { topic: await topic(), partition: 0 }
    const group = await bystander(testCase, consumer, partition.topic)
    const sender = await transactionalProducer(name('transaction'))
    await sender.begin()
    await sender.send(batchOf(partition.topic, ['aborted', 'aborted too']))
    await sender.abort()
    await sender.begin()
    await sender.send(batchOf(partition.topic, ['committed']))
    await sender.commit(group, [])
    await (await producer()).send(batchOf(partition.topic, ['after']))
    const { client, inbox } = await watch(testCase, partition)
    await pollTo(client, inbox, partition, await end(testCase, partition))
    assert.deepEqual(inbox.values(partition), ['committed', 'after'])
  },

  'a reader of uncommitted records sees all of them at once': async (testCase) => {
    const { topic, name, transactionalProducer } = testCase
    const partition = { topic: await topic(), partition: 0 }
    const sender = await transactionalProducer(name('transaction'))
    await sender.begin()
    await sender.send(batchOf(partition.topic, ['aborted']))
    await sender.abort()
    await sender.begin()
    await sender.send(batchOf(partition.topic, ['open']))
    const { client, inbox } = await watch(testCase, partition, 'read_uncommitted')
    await pollUntil(client, inbox, 'the records', () => inbox.records.length === 2)
    assert.deepEqual(inbox.values(partition), ['aborted', 'open'])
    await sender.abort()
  },

  'the end is told by position, after the markers of transactions': async (testCase) => {
    const { topic, name, transactionalProducer, consumer } = testCase
    const partition = { topic: await topic(), partition: 0 }
    const group = await bystander(testCase, consumer, partition.topic)
    const sender = await transactionalProducer(name('transaction'))
    const { client, inbox } = await watch(testCase, partition)
    for (const outcome of ['commit', 'abort', 'commit', 'abort', 'abort']) {
      await sender.begin()
      await sender.send(batchOf(partition.topic, [outcome]))
      if (outcome === 'commit') await sender.commit(group, [])
      else await sender.abort()
    }
    // A marker may be written a moment after its transaction was committed.
    const latest = await eventually(async () => {
      inbox.take(await client.poll(50))
      const found = await end(testCase, partition)
      assert.equal(inbox.end(partition), found)
      return found
    })
    assert.equal(inbox.position(partition), latest)
    assert.equal(client.endOffset(partition), latest)
    assert.deepEqual(inbox.values(partition), ['commit', 'commit'])
    const late = await watch(testCase, partition)
    const told = (): boolean => late.inbox.end(partition) === latest
    await pollUntil(late.client, late.inbox, `the end at ${latest}`, told)
  },

  'a reader stops before an open transaction, also for records of others after it': async (
    testCase,
  ) => {
    const { topic, name, producer, transactionalProducer, consumer } = testCase
    const partition = { topic: await topic(), partition: 0 }
    const group = await bystander(testCase, consumer, partition.topic)
    const other = await producer()
    const sender = await transactionalProducer(name('transaction'))
    await other.send(batchOf(partition.topic, ['before']))
    await sender.begin()
    await sender.send(batchOf(partition.topic, ['open']))
    await other.send(batchOf(partition.topic, ['after']))
    const { client, inbox } = await watch(testCase, partition)
    await pollTo(client, inbox, partition, 1)
    await pollNothing(client, inbox)
    assert.equal(inbox.position(partition), 1)
    await sender.commit(group, [])
    await pollTo(client, inbox, partition, await end(testCase, partition))
    assert.deepEqual(inbox.values(partition), ['before', 'open', 'after'])
  },

  'a transaction may span partitions and many sends': async (testCase) => {
    const { topic, name, transactionalProducer, consumer, read } = testCase
    const spanned = await topic(3)
    const group = await bystander(testCase, consumer, spanned)
    const sender = await transactionalProducer(name('transaction'))
    await sender.begin()
    const sends = texts('value', 60).map((value, number) =>
      number % 2 === 0
        ? sender.send(batchOf(spanned, [{ partition: number % 3, value }]))
        : sender.sendEach(batchOf(spanned, [{ partition: number % 3, value }])),
    )
    await Promise.all(sends)
    await sender.commit(group, [])
    for (const partition of [0, 1, 2]) {
      const place = { topic: spanned, partition }
      const expected = texts('value', 60).filter((_, number) => number % 3 === partition)
      assert.deepEqual((await read(place)).values(place), expected)
    }
  },

  'sends of a transaction tell their offsets': async (testCase) => {
    const { topic, name, transactionalProducer } = testCase
    const written = await topic()
    const sender = await transactionalProducer(name('transaction'))
    await sender.begin()
    const [position] = await sender.send(batchOf(written, ['a', 'b']))
    assert.deepEqual([position?.topic, position?.partition, position?.offset], [written, 0, 2])
    const report = await sender.sendEach(batchOf(written, ['c']))
    assert.deepEqual(Array.from(report.offsets), [2])
    assert.equal(await sender.partitions(written), 1)
    await sender.abort()
  },

  'a transaction may be empty': async (testCase) => {
    const { topic, name, transactionalProducer, consumer, read } = testCase
    const partition = { topic: await topic(), partition: 0 }
    const group = await bystander(testCase, consumer, partition.topic)
    const sender = await transactionalProducer(name('transaction'))
    await sender.begin()
    await sender.commit(group, [])
    await sender.begin()
    await sender.abort()
    await sender.begin()
    await sender.send(batchOf(partition.topic, ['a']))
    await sender.commit(group, [])
    assert.deepEqual((await read(partition)).values(partition), ['a'])
  },

  'offsets are committed with the transaction, and not without it': async (testCase) => {
    const { topic, name, producer, transactionalProducer, member, read } = testCase
    const input = await topic(2)
    const output = { topic: await topic(), partition: 0 }
    await (await producer()).send(batchOf(input, texts('value', 5)))
    const group = name('group')
    const reader = await member({ group, topics: [input] })
    await reader.until('reading 5 records', () => reader.inbox.records.length === 5)
    const sender = await transactionalProducer(name('transaction'))
    const positions = [{ topic: input, partition: 0, offset: 5 }]
    const committed = async (): Promise<number | undefined> =>
      (await reader.consumer.committed(positions))[0]?.offset
    await sender.begin()
    await sender.send(batchOf(output.topic, ['taken back']))
    await sender.abort()
    assert.equal(await committed(), undefined)
    await sender.begin()
    await sender.send(batchOf(output.topic, ['result']))
    assert.equal(await committed(), undefined)
    await sender.commit(reader.consumer, positions)
    assert.equal(await committed(), 5)
    assert.deepEqual((await read(output)).values(output), ['result'])
    await sender.begin()
    await sender.commit(reader.consumer, [{ topic: input, partition: 1, offset: 0 }])
    assert.equal(await committed(), 5)
    await reader.close()
    const later = await member({ group, topics: [input] })
    await later.until('the assignment', () => later.owned.size === 2)
    assert.equal(later.inbox.position({ topic: input, partition: 0 }), 5)
  },

  'a transaction cannot commit offsets of a partition that is another member’s': async (
    testCase,
  ) => {
    const { topic, name, transactionalProducer, member } = testCase
    const input = await topic(2)
    const output = { topic: await topic(), partition: 0 }
    const group = name('group')
    const first = await member({ group, topics: [input] })
    await first.until('both partitions', () => first.owned.size === 2)
    const second = await member({ group, topics: [input] })
    await second.until('one partition', () => second.owned.size === 1)
    await first.until('one partition', () => first.owned.size === 1)
    const id = name('transaction')
    const sender = await transactionalProducer(id)
    const positions = [0, 1].map((partition) => ({ topic: input, partition, offset: 7 }))
    const committed = async (): Promise<(number | undefined)[]> =>
      (await second.consumer.committed(positions)).map(({ offset }) => offset)
    // The first member may have committed the start when a partition moved.
    const before = await committed()
    await sender.begin()
    await sender.send(batchOf(output.topic, ['void']))
    await expectCode('GOKA_TRANSPORT_FENCED', () => sender.commit(first.consumer, positions))
    await sender.close()
    await transactionalProducer(id)
    assert.deepEqual(await committed(), before)
    const { client, inbox } = await watch(testCase, output)
    await pollTo(client, inbox, output, await end(testCase, output))
    assert.deepEqual(inbox.records, [])
  },

  'a producer of the same transactional id takes over and ends what was open': async (testCase) => {
    const { topic, name, transactionalProducer, consumer } = testCase
    const partition = { topic: await topic(), partition: 0 }
    const group = await bystander(testCase, consumer, partition.topic)
    const id = name('transaction')
    const zombie = await transactionalProducer(id)
    await zombie.begin()
    await zombie.send(batchOf(partition.topic, ['void']))
    const successor = await transactionalProducer(id)
    const { client, inbox } = await watch(testCase, partition)
    await pollTo(client, inbox, partition, await end(testCase, partition))
    assert.deepEqual(inbox.records, [])
    await expectCode('GOKA_TRANSPORT_FENCED', () => zombie.commit(group, []))
    await successor.begin()
    await successor.send(batchOf(partition.topic, ['good']))
    await successor.commit(group, [])
    await pollTo(client, inbox, partition, await end(testCase, partition))
    assert.deepEqual(inbox.values(partition), ['good'])
  },

  'producers of different transactional ids do not disturb each other': async (testCase) => {
    const { topic, name, transactionalProducer, consumer, read } = testCase
    const partition = { topic: await topic(), partition: 0 }
    const group = await bystander(testCase, consumer, partition.topic)
    const first = await transactionalProducer(name('transaction'))
    const second = await transactionalProducer(name('transaction'))
    await first.begin()
    await second.begin()
    await first.send(batchOf(partition.topic, ['first']))
    await second.send(batchOf(partition.topic, ['second']))
    await first.abort()
    await second.commit(group, [])
    assert.deepEqual((await read(partition)).values(partition), ['second'])
  },

  'a close takes an open transaction back': async (testCase) => {
    const { topic, name, transactionalProducer, producer } = testCase
    const partition = { topic: await topic(), partition: 0 }
    const id = name('transaction')
    const sender = await transactionalProducer(id)
    await sender.begin()
    await sender.send(batchOf(partition.topic, ['void']))
    await sender.close()
    await transactionalProducer(id)
    await (await producer()).send(batchOf(partition.topic, ['after']))
    const { client, inbox } = await watch(testCase, partition)
    await pollTo(client, inbox, partition, await end(testCase, partition))
    assert.deepEqual(inbox.values(partition), ['after'])
  },

  'a member of a group reads committed records only, if it says so': async (testCase) => {
    const { topic, name, transactionalProducer, producer, member } = testCase
    const input = await topic()
    const sender = await transactionalProducer(name('transaction'))
    await sender.begin()
    await sender.send(batchOf(input, ['aborted']))
    await sender.abort()
    await (await producer()).send(batchOf(input, ['good']))
    const strict = await member({ group: name('group'), topics: [input] })
    const loose = await member({
      group: name('group'),
      topics: [input],
      isolation: 'read_uncommitted',
    })
    await loose.until('both records', () => loose.inbox.records.length === 2)
    await strict.until('the record', () => strict.inbox.records.length > 0)
    assert.deepEqual(strict.inbox.values({ topic: input, partition: 0 }), ['good'])
    await (await producer()).send(batchOf(input, ['last']))
    await strict.until('the last record', () => strict.inbox.records.length > 1)
    assert.deepEqual(strict.inbox.values({ topic: input, partition: 0 }), ['good', 'last'])
  },
}

/** A consumer that a commit without offsets names; it need not be a member of its group yet. */
async function bystander(
  { name }: TransportCase,
  consumer: TransportCase['consumer'],
  topic: string,
): ReturnType<TransportCase['consumer']> {
  return consumer({
    group: name('bystander'),
    topics: [topic],
    isolation: 'read_committed',
    listener: {
      assigned: async (partitions) => partitions.map((partition) => ({ ...partition, offset: 0 })),
      revoked: async () => {},
      lost: async () => {},
    },
  })
}

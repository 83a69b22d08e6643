import assert from 'node:assert/strict'
import type { GroupConsumer, TopicPartition } from '@goka/interface'
import { expectCode } from '../expect-code.ts'
import { batchOf, texts } from './batch-of.ts'
import { place } from './inbox.ts'
import type { TransportTests } from './transport-case.ts'

async function committedBy(
  consumer: GroupConsumer,
  partitions: readonly TopicPartition[],
): Promise<Record<string, number>> {
  const found = await consumer.committed(partitions)
  return Object.fromEntries(found.map((position) => [place(position), position.offset]))
}

export const commitTests: TransportTests = {
  'a group goes on where it has committed': async ({ topic, name, producer, member }) => {
    const input = await topic(2)
    const both = [0, 1].map((partition) => ({ topic: input, partition }))
    const records = both.flatMap(({ partition }) =>
      texts('value', 10).map((value) => ({ partition, value })),
    )
    await (await producer()).send(batchOf(input, records))
    const group = name('group')
    const first = await member({ group, topics: [input] })
    await first.until('reading all', () => first.inbox.records.length === 20)
    await first.consumer.commit([{ topic: input, partition: 0, offset: 6 }])
    await first.close()
    const second = await member({ group, topics: [input] })
    await second.until('reading the rest', () => second.inbox.records.length === 14)
    assert.deepEqual(
      second.inbox.values({ topic: input, partition: 0 }),
      texts('value', 10).slice(6),
    )
    assert.deepEqual(second.inbox.values({ topic: input, partition: 1 }), texts('value', 10))
  },

  'nothing is committed by itself': async ({ topic, name, producer, member }) => {
    const input = await topic()
    await (await producer()).send(batchOf(input, texts('value', 10)))
    const group = name('group')
    for (let round = 0; round < 2; round++) {
      const reader = await member({ group, topics: [input] })
      await reader.until('reading all', () => reader.inbox.records.length === 10)
      await reader.close()
    }
  },

  'committed tells what was committed, and leaves out the rest': async ({
    topic,
    name,
    member,
  }) => {
    const input = await topic(4)
    const partitions = [0, 1, 2, 3].map((partition) => ({ topic: input, partition }))
    const reader = await member({ group: name('group'), topics: [input] })
    await reader.until('the assignment', () => reader.owned.size === 4)
    const { consumer } = reader
    assert.deepEqual(await committedBy(consumer, partitions), {})
    await consumer.commit([
      { topic: input, partition: 0, offset: 3 },
      { topic: input, partition: 2, offset: 0 },
    ])
    assert.deepEqual(await committedBy(consumer, partitions), {
      [`${input}/0`]: 3,
      [`${input}/2`]: 0,
    })
    await consumer.commit([{ topic: input, partition: 0, offset: 1 }])
    await consumer.commit([])
    assert.deepEqual(await committedBy(consumer, partitions.slice(0, 2)), { [`${input}/0`]: 1 })
    assert.deepEqual(await committedBy(consumer, []), {})
  },

  'commits may be under way together': async ({ topic, name, member }) => {
    const input = await topic(2)
    const reader = await member({ group: name('group'), topics: [input] })
    await reader.until('the assignment', () => reader.owned.size === 2)
    const commits = [0, 1].map((partition) =>
      reader.consumer.commit([{ topic: input, partition, offset: partition + 5 }]),
    )
    await Promise.all(commits)
    const partitions = [0, 1].map((partition) => ({ topic: input, partition }))
    const expected = { [`${input}/0`]: 5, [`${input}/1`]: 6 }
    assert.deepEqual(await committedBy(reader.consumer, partitions), expected)
  },

  'a partition that is another member’s cannot be committed, nor what is with it': async ({
    topic,
    name,
    member,
  }) => {
    const input = await topic(2)
    const group = name('group')
    const first = await member({ group, topics: [input] })
    await first.until('both partitions', () => first.owned.size === 2)
    const second = await member({ group, topics: [input] })
    await second.until('one partition', () => second.owned.size === 1)
    await first.until('one partition', () => first.owned.size === 1)
    const partitions = [0, 1].map((partition) => ({ topic: input, partition }))
    const positions = partitions.map((partition) => ({ ...partition, offset: 9 }))
    // Both committed the start when the partitions moved, or nothing at all.
    const before = await committedBy(first.consumer, partitions)
    await expectCode('GOKA_TRANSPORT_FENCED', () => first.consumer.commit(positions))
    assert.deepEqual(await committedBy(first.consumer, partitions), before)
    const own = positions.filter((position) => first.owned.has(place(position)))
    await first.consumer.commit(own)
    const after = await committedBy(second.consumer, partitions)
    assert.equal(after[place(own[0] ?? positions[0] ?? { topic: '', partition: 0 })], 9)
  },

  'groups are independent of each other': async ({ topic, name, producer, member }) => {
    const input = await topic()
    const partition = { topic: input, partition: 0 }
    await (await producer()).send(batchOf(input, texts('value', 10)))
    const first = await member({ group: name('group'), topics: [input] })
    const second = await member({ group: name('group'), topics: [input] })
    await first.until('reading all', () => first.inbox.records.length === 10)
    await first.consumer.commit([{ ...partition, offset: 10 }])
    await second.until('reading all', () => second.inbox.records.length === 10)
    assert.deepEqual(await committedBy(second.consumer, [partition]), {})
    assert.deepEqual(await committedBy(first.consumer, [partition]), { [`${input}/0`]: 10 })
  },
}

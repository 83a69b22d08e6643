import assert from 'node:assert/strict'
import type { Admin, TopicPartition } from '@goka/interface'
import { expectCode } from '../expect-code.ts'
import { batchOf, texts } from './batch-of.ts'
import { eventually } from './deadline.ts'
import { place } from './inbox.ts'
import { shows, type TransportTests } from './transport-case.ts'

/** Offsets by partition name. */
async function offsetsOf(
  admin: Admin,
  partitions: readonly TopicPartition[],
  which: 'earliest' | 'latest',
): Promise<Record<string, number>> {
  const found = await admin.offsets(partitions, which)
  return Object.fromEntries(found.map((position) => [place(position), position.offset]))
}

async function goneFrom(admin: Admin, topic: string): Promise<void> {
  await eventually(async () => {
    assert.equal((await admin.topics([topic])).size, 0)
  })
}

export const adminTests: TransportTests = {
  'a topic that was created is there with its partitions': async ({ admin, topic }) => {
    const name = await topic(3)
    const found = await (await admin()).topics([name])
    assert.deepEqual([...found.keys()], [name])
    assert.equal(found.get(name)?.topic, name)
    assert.equal(found.get(name)?.partitions, 3)
  },

  'a client can use a topic as soon as its creation has resolved': async ({
    topic,
    producer,
    reader,
  }) => {
    const sender = await producer()
    const receiver = await reader()
    for (let round = 0; round < 3; round++) {
      const name = await topic(2)
      assert.equal(await sender.partitions(name), 2)
      await sender.send(batchOf(name, [{ partition: 1, value: 'a' }]))
      await receiver.add([{ topic: name, partition: 1, offset: 0 }])
    }
  },

  'a topic cannot be created twice': async ({ admin, topic }) => {
    const name = await topic(2)
    const client = await admin()
    const again = { topic: name, partitions: 5 }
    const error = await expectCode('GOKA_TOPIC_EXISTS', () => client.createTopic(again))
    assert.equal(error.details.topic, name)
    assert.equal((await client.topics([name])).get(name)?.partitions, 2)
  },

  'topics leaves out what does not exist and creates nothing': async ({ admin, topic, name }) => {
    const client = await admin()
    const known = [await topic(1), await topic(2)]
    const unknown = [name('unknown'), name('unknown')]
    for (let round = 0; round < 3; round++) {
      const found = await client.topics([...unknown, ...known])
      assert.deepEqual([...found.keys()].sort(), known.toSorted())
    }
    assert.equal((await client.topics(unknown)).size, 0)
    assert.equal((await client.topics([])).size, 0)
  },

  'the identity of a topic stays while it exists, and changes when it is made anew': async ({
    admin,
    topic,
    producer,
  }) => {
    const client = await admin()
    const name = await topic(1)
    const identity = async (): Promise<string | undefined> =>
      (await client.topics([name])).get(name)?.topicId
    const first = await identity()
    assert.equal(await identity(), first)
    await (await producer()).send(batchOf(name, ['a']))
    await client.deleteTopic(name)
    await goneFrom(client, name)
    await eventually(() => client.createTopic({ topic: name, partitions: 1 }))
    await shows(client, name, 1)
    if (first === undefined) assert.equal(await identity(), undefined)
    else assert.notEqual(await identity(), first)
    const end = await eventually(() => offsetsOf(client, [{ topic: name, partition: 0 }], 'latest'))
    assert.deepEqual(Object.values(end), [0])
  },

  'a topic that was deleted is gone': async ({ admin, topic }) => {
    const client = await admin()
    const [name, other] = [await topic(), await topic()]
    await client.deleteTopic(name)
    await goneFrom(client, name)
    assert.equal((await client.topics([other])).size, 1)
    const error = await expectCode('GOKA_TOPIC_UNKNOWN', () => client.deleteTopic(name))
    assert.equal(error.details.topic, name)
  },

  'partitions can be added': async ({ admin, topic, producer, read }) => {
    const client = await admin()
    const name = await topic(2)
    const sender = await producer()
    await sender.send(batchOf(name, [{ partition: 1, value: 'before' }]))
    await client.createPartitions(name, 5)
    await shows(client, name, 5)
    const later = await producer()
    await eventually(() => later.send(batchOf(name, [{ partition: 4, value: 'after' }])))
    assert.ok((await read({ topic: name, partition: 4 })).records.length > 0)
    assert.deepEqual((await read({ topic: name, partition: 1 })).records.length, 1)
  },

  'the number of partitions only rises': async ({ admin, topic, name }) => {
    const client = await admin()
    const known = await topic(3)
    await expectCode('GOKA_TRANSPORT_FAILED', () => client.createPartitions(known, 3))
    await expectCode('GOKA_TRANSPORT_FAILED', () => client.createPartitions(known, 2))
    assert.equal((await client.topics([known])).get(known)?.partitions, 3)
    const missing = name('unknown')
    await expectCode('GOKA_TOPIC_UNKNOWN', () => client.createPartitions(missing, 3))
  },

  'offsets are those of the first record kept and of the next one to be written': async ({
    admin,
    topic,
    producer,
  }) => {
    const client = await admin()
    const name = await topic(3)
    const partitions = [2, 0, 1].map((partition) => ({ topic: name, partition }))
    const zeros = { [`${name}/0`]: 0, [`${name}/1`]: 0, [`${name}/2`]: 0 }
    assert.deepEqual(await offsetsOf(client, partitions, 'earliest'), zeros)
    assert.deepEqual(await offsetsOf(client, partitions, 'latest'), zeros)
    const records = [0, 0, 0, 2].map((partition) => ({ partition, value: 'a' }))
    await (await producer()).send(batchOf(name, records))
    assert.deepEqual(await offsetsOf(client, partitions, 'earliest'), zeros)
    const ends = { [`${name}/0`]: 3, [`${name}/1`]: 0, [`${name}/2`]: 1 }
    assert.deepEqual(await offsetsOf(client, partitions, 'latest'), ends)
    assert.deepEqual(await client.offsets([], 'latest'), [])
  },

  'the latest offset counts what open transactions have written': async ({
    admin,
    topic,
    name,
    transactionalProducer,
  }) => {
    const client = await admin()
    const partition = { topic: await topic(), partition: 0 }
    const sender = await transactionalProducer(name('transaction'))
    await sender.begin()
    await sender.send(batchOf(partition.topic, texts('open', 3)))
    assert.deepEqual(Object.values(await offsetsOf(client, [partition], 'latest')), [3])
    await sender.abort()
  },

  'offsets of a topic that does not exist have its code': async ({ admin, topic, name }) => {
    const client = await admin()
    const missing = { topic: name('unknown'), partition: 0 }
    const known = { topic: await topic(), partition: 0 }
    for (const which of ['earliest', 'latest'] as const) {
      const error = await expectCode('GOKA_TOPIC_UNKNOWN', () =>
        client.offsets([known, missing], which),
      )
      assert.equal(error.details.topic, missing.topic)
    }
  },

  'the configuration of topics is as its capability says': async ({
    transport,
    admin,
    topic,
    name,
  }) => {
    const client = await admin()
    const known = await topic(1, { 'cleanup.policy': 'compact' })
    const change = { 'retention.ms': '86400000' }
    if (!transport.capabilities.topicConfig) {
      await expectCode('GOKA_TRANSPORT_UNSUPPORTED', () => client.topicConfig(known))
      await expectCode('GOKA_TRANSPORT_UNSUPPORTED', () => client.alterTopicConfig(known, change))
      return
    }
    const first = await client.topicConfig(known)
    assert.equal(first['cleanup.policy'], 'compact')
    assert.ok(first['retention.ms'], 'what was not set has its default')
    await client.alterTopicConfig(known, change)
    await eventually(async () => {
      const config = await client.topicConfig(known)
      assert.equal(config['retention.ms'], '86400000')
      assert.equal(config['cleanup.policy'], 'compact')
    })
    const missing = name('unknown')
    await expectCode('GOKA_TOPIC_UNKNOWN', () => client.topicConfig(missing))
    await expectCode('GOKA_TOPIC_UNKNOWN', () => client.alterTopicConfig(missing, change))
  },

  'records are deleted as the capability says': async ({
    transport,
    admin,
    topic,
    producer,
    read,
  }) => {
    const client = await admin()
    const name = await topic(2)
    const both = [0, 1].map((partition) => ({ topic: name, partition }))
    const records = both.flatMap(({ partition }) =>
      texts('record', 10).map((value) => ({ partition, value })),
    )
    await (await producer()).send(batchOf(name, records))
    const deletion = [{ topic: name, partition: 1, offset: 4 }]
    if (!transport.capabilities.deleteRecords) {
      await expectCode('GOKA_TRANSPORT_UNSUPPORTED', () => client.deleteRecords(deletion))
      return
    }
    await client.deleteRecords(deletion)
    assert.deepEqual(await offsetsOf(client, both, 'earliest'), {
      [`${name}/0`]: 0,
      [`${name}/1`]: 4,
    })
    assert.deepEqual(await offsetsOf(client, both, 'latest'), {
      [`${name}/0`]: 10,
      [`${name}/1`]: 10,
    })
    const partition = { topic: name, partition: 1 }
    assert.deepEqual((await read(partition)).values(partition), texts('record', 10).slice(4))
  },
}

import assert from 'node:assert/strict'
import { ProduceBatch } from '@goka/interface'
import { expectCode } from '../expect-code.ts'
import { batchOf } from './batch-of.ts'
import { within } from './deadline.ts'
import { Inbox, pollTo } from './inbox.ts'
import { contextOf, type TransportCase, type TransportTests } from './transport-case.ts'

async function closes(client: { close(): Promise<void> }): Promise<void> {
  await within(Promise.all([client.close(), client.close()]), 'the close')
  await within(client.close(), 'a further close')
}

async function closed(action: () => Promise<unknown>): Promise<void> {
  await expectCode('GOKA_TRANSPORT_CLOSED', () => within(action(), 'the refusal'))
}

async function member(
  { consumer, name }: TransportCase,
  topic: string,
): ReturnType<typeof consumer> {
  return consumer({
    group: name('group'),
    topics: [topic],
    isolation: 'read_committed',
    listener: {
      assigned: async (partitions) => partitions.map((partition) => ({ ...partition, offset: 0 })),
      revoked: async () => {},
      lost: async () => {},
    },
  })
}

export const closeTests: TransportTests = {
  'a transport has a name and capabilities': ({ transport }) => {
    assert.ok(transport.name.length > 0)
    const { nativeBatches, topicConfig, groupOffsets, ...others } = transport.capabilities
    const { deleteRecords, binaryHeaders, emptyKeys } = others
    const all = [nativeBatches, topicConfig, groupOffsets, deleteRecords, binaryHeaders, emptyKeys]
    assert.ok(all.every((capability) => typeof capability === 'boolean'))
  },

  'after its close an admin refuses': async ({ transport, topic }) => {
    const known = await topic()
    const admin = await transport.admin(contextOf('conformance-close'))
    await closes(admin)
    await closed(() => admin.topics([known]))
    await closed(() => admin.createTopic({ topic: known, partitions: 1 }))
    await closed(() => admin.deleteTopic(known))
    await closed(() => admin.createPartitions(known, 3))
    await closed(() => admin.offsets([{ topic: known, partition: 0 }], 'latest'))
    const { topicConfig, groupOffsets, deleteRecords } = transport.capabilities
    const position = { topic: known, partition: 0, offset: 0 }
    if (topicConfig) {
      await closed(() => admin.topicConfig(known))
      await closed(() => admin.alterTopicConfig(known, { 'retention.ms': '1000' }))
    }
    if (groupOffsets) {
      await closed(() => admin.groupOffsets('group'))
      await closed(() => admin.alterGroupOffsets('group', [position]))
    }
    if (deleteRecords) await closed(() => admin.deleteRecords([position]))
  },

  'after its close a producer refuses': async ({ topic, producer, read }) => {
    const partition = { topic: await topic(), partition: 0 }
    const sender = await producer()
    await sender.send(batchOf(partition.topic, ['a']))
    await closes(sender)
    await closed(() => sender.send(batchOf(partition.topic, ['b'])))
    await closed(() => sender.send(new ProduceBatch()))
    await closed(() => sender.sendEach(batchOf(partition.topic, ['b'])))
    await closed(() => sender.partitions(partition.topic))
    assert.deepEqual((await read(partition)).values(partition), ['a'])
  },

  'after its close a transactional producer refuses': async (testCase) => {
    const { topic, name, transactionalProducer } = testCase
    const known = await topic()
    const group = await member(testCase, known)
    const sender = await transactionalProducer(name('transaction'))
    await sender.begin()
    await sender.send(batchOf(known, ['a']))
    await closes(sender)
    await closed(() => sender.send(batchOf(known, ['b'])))
    await closed(() => sender.begin())
    await closed(() => sender.commit(group, []))
    await closed(() => sender.abort())
  },

  'after its close a reader refuses, and its polls are empty': async ({
    topic,
    producer,
    reader,
  }) => {
    const position = { topic: await topic(), partition: 0, offset: 0 }
    await (await producer()).send(batchOf(position.topic, ['a']))
    const client = await reader()
    await client.add([position])
    await closes(client)
    assert.deepEqual(await client.poll(1000), [])
    await closed(() => client.add([position]))
    await closed(() => client.remove([position]))
  },

  'after its close a member of a group refuses, and its polls are empty': async (testCase) => {
    const known = await testCase.topic()
    const consumer = await member(testCase, known)
    await consumer.poll(50)
    await closes(consumer)
    assert.deepEqual(await consumer.poll(1000), [])
    const position = { topic: known, partition: 0, offset: 0 }
    await closed(() => consumer.resume([position]))
    await closed(() => consumer.pause([position]))
    await closed(() => consumer.commit([position]))
    await closed(() => consumer.committed([position]))
  },

  'a poll under way ends with the close': async (testCase) => {
    const { topic, reader } = testCase
    const position = { topic: await topic(), partition: 0, offset: 0 }
    const client = await reader()
    await client.add([position])
    await client.poll(100)
    const consumer = await member(testCase, position.topic)
    for (const polled of [client, consumer]) {
      const poll = polled.poll(120_000)
      // What the poll had in hand when the close began is as good as nothing.
      await closes(polled)
      const batches = await within(poll, 'the end of the poll')
      assert.equal(
        batches.reduce((sum, batch) => sum + batch.length, 0),
        0,
      )
    }
  },

  'closing a client leaves the others': async ({ topic, producer, reader }) => {
    const position = { topic: await topic(), partition: 0, offset: 0 }
    const [sender, other] = [await producer(), await producer()]
    const [client, another] = [await reader(), await reader()]
    await client.add([position])
    await another.add([position])
    await other.close()
    await client.close()
    await sender.send(batchOf(position.topic, ['a']))
    const inbox = new Inbox()
    inbox.start(position, 0)
    await pollTo(another, inbox, position, 1)
  },
}

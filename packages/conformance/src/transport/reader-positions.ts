import assert from 'node:assert/strict'
import { expectCode } from '../expect-code.ts'
import { batchOf, texts } from './batch-of.ts'
import { Inbox, pollNothing, pollTo, pollUntil } from './inbox.ts'
import type { TransportTests } from './transport-case.ts'

export const readerPositionTests: TransportTests = {
  'reading starts at the offset that was given': async ({ topic, producer, reader }) => {
    const partition = { topic: await topic(), partition: 0 }
    await (await producer()).send(batchOf(partition.topic, texts('value', 10)))
    for (const offset of [0, 4, 9]) {
      const client = await reader()
      const inbox = new Inbox()
      inbox.start(partition, offset)
      await client.add([{ ...partition, offset }])
      await pollTo(client, inbox, partition, 10)
      assert.deepEqual(inbox.values(partition), texts('value', 10).slice(offset))
    }
  },

  'reading from the end gives what is written from then on': async ({
    topic,
    producer,
    reader,
  }) => {
    const partition = { topic: await topic(), partition: 0 }
    const sender = await producer()
    await sender.send(batchOf(partition.topic, texts('old', 5)))
    const client = await reader()
    const inbox = new Inbox()
    inbox.start(partition, 5)
    await client.add([{ ...partition, offset: 5 }])
    await pollUntil(client, inbox, 'the end', () => inbox.end(partition) === 5)
    await sender.send(batchOf(partition.topic, texts('new', 3)))
    await pollTo(client, inbox, partition, 8)
    assert.deepEqual(inbox.values(partition), texts('new', 3))
  },

  'a partition that is added again goes on at the new offset': async ({
    topic,
    producer,
    reader,
  }) => {
    const partition = { topic: await topic(), partition: 0 }
    await (await producer()).send(batchOf(partition.topic, texts('value', 500)))
    const client = await reader()
    await client.add([{ ...partition, offset: 0 }])
    for (const offset of [0, 300, 10, 499, 0]) {
      const inbox = new Inbox()
      inbox.start(partition, offset)
      await client.add([{ ...partition, offset }])
      await pollTo(client, inbox, partition, Math.min(offset + 20, 500))
      const found = inbox.values(partition)
      assert.ok(found.length > 0)
      assert.deepEqual(found, texts('value', 500).slice(offset, offset + found.length))
    }
  },

  'a partition may be added again while a poll is under way': async ({
    topic,
    producer,
    reader,
  }) => {
    const partition = { topic: await topic(), partition: 0 }
    await (await producer()).send(batchOf(partition.topic, texts('value', 5)))
    const client = await reader()
    const inbox = new Inbox()
    inbox.start(partition, 5)
    await client.add([{ ...partition, offset: 5 }])
    await pollUntil(client, inbox, 'the end', () => inbox.end(partition) === 5)
    const poll = client.poll(5000)
    await client.add([{ ...partition, offset: 2 }])
    inbox.start(partition, 2)
    inbox.take(await poll)
    await pollTo(client, inbox, partition, 5)
    assert.deepEqual(inbox.values(partition), texts('value', 5).slice(2))
  },

  'nothing comes of a partition that was removed': async ({ topic, producer, reader }) => {
    const name = await topic(2)
    const [kept, removed] = [0, 1].map((partition) => ({ topic: name, partition, offset: 0 }))
    assert.ok(kept && removed)
    const sender = await producer()
    const records = texts('value', 600).map((value, number) => ({ partition: number % 2, value }))
    await sender.send(batchOf(name, records))
    const client = await reader()
    const inbox = new Inbox()
    for (const position of [kept, removed]) inbox.start(position, 0)
    await client.add([kept, removed])
    await pollUntil(client, inbox, 'the first records', () => inbox.records.length > 0)
    await client.remove([removed])
    const position = inbox.position(removed) ?? 0
    inbox.stop(removed)
    await pollTo(client, inbox, kept, 300)
    await sender.send(batchOf(name, [{ partition: 1, value: 'while removed' }]))
    await pollNothing(client, inbox)
    inbox.start(removed, position)
    await client.add([{ ...removed, offset: position }])
    await pollTo(client, inbox, removed, 301)
    const expected = records.filter(({ partition }) => partition === 1).map(({ value }) => value)
    assert.deepEqual(inbox.values(removed), [...expected, 'while removed'])
  },

  'nothing comes of a partition that is removed while it is added': async ({
    topic,
    producer,
    reader,
  }) => {
    const name = await topic(2)
    const [kept, removed] = [0, 1].map((partition) => ({ topic: name, partition, offset: 0 }))
    assert.ok(kept && removed)
    const records = texts('value', 10).map((value, number) => ({ partition: number % 2, value }))
    await (await producer()).send(batchOf(name, records))
    const client = await reader()
    const inbox = new Inbox()
    inbox.start(kept, 0)
    const added = client.add([kept, removed])
    await client.remove([removed])
    await added
    await pollTo(client, inbox, kept, 5)
    await pollNothing(client, inbox)
    inbox.start(removed, 2)
    await client.add([{ ...removed, offset: 2 }])
    await pollTo(client, inbox, removed, 5)
    assert.equal(inbox.values(removed).length, 3)
  },

  'a partition that is not read can be removed': async ({ topic, reader }) => {
    const partition = { topic: await topic(), partition: 0 }
    const client = await reader()
    await client.remove([partition])
    await client.remove([])
    await client.add([])
    assert.deepEqual(await client.poll(10), [])
  },

  'an offset past the end is told, and the partition removed': async ({
    topic,
    producer,
    reader,
  }) => {
    const name = await topic(2)
    const [good, bad] = [0, 1].map((partition) => ({ topic: name, partition }))
    assert.ok(good && bad)
    const sender = await producer()
    await sender.send(
      batchOf(name, [
        { partition: 0, value: 'a' },
        { partition: 1, value: 'b' },
      ]),
    )
    const client = await reader()
    const inbox = new Inbox()
    inbox.start(good, 0)
    await client.add([
      { ...good, offset: 0 },
      { ...bad, offset: 7 },
    ])
    const failing = pollUntil(client, inbox, 'the failure', () => false)
    const error = await expectCode('GOKA_TRANSPORT_OFFSET_RANGE', () => failing)
    assert.deepEqual(
      [error.details.topic, error.details.partition, error.details.offset],
      [name, 1, 7],
    )
    await pollTo(client, inbox, good, 1)
    await pollNothing(client, inbox)
    inbox.start(bad, 0)
    await client.add([{ ...bad, offset: 0 }])
    await pollTo(client, inbox, bad, 1)
    assert.deepEqual(inbox.values(bad), ['b'])
  },

  'an offset before the start is told where records can be deleted': async ({
    transport,
    admin,
    topic,
    producer,
    reader,
  }) => {
    const partition = { topic: await topic(), partition: 0 }
    await (await producer()).send(batchOf(partition.topic, texts('value', 10)))
    const client = await reader()
    const inbox = new Inbox()
    inbox.start(partition, 2)
    if (!transport.capabilities.deleteRecords) {
      await client.add([{ ...partition, offset: 2 }])
      await pollTo(client, inbox, partition, 10)
      return
    }
    await (await admin()).deleteRecords([{ ...partition, offset: 6 }])
    await client.add([{ ...partition, offset: 2 }])
    const failing = pollUntil(client, inbox, 'the failure', () => false)
    const error = await expectCode('GOKA_TRANSPORT_OFFSET_RANGE', () => failing)
    assert.deepEqual([error.details.partition, error.details.offset], [0, 2])
    assert.deepEqual(inbox.records, [])
    inbox.start(partition, 6)
    await client.add([{ ...partition, offset: 6 }])
    await pollTo(client, inbox, partition, 10)
    assert.deepEqual(inbox.values(partition), texts('value', 10).slice(6))
  },

  'a topic that does not exist cannot be read': async ({ name, topic, reader }) => {
    const client = await reader()
    const missing = { topic: name('unknown'), partition: 0, offset: 0 }
    const error = await expectCode('GOKA_TOPIC_UNKNOWN', () => client.add([missing]))
    assert.equal(error.details.topic, missing.topic)
    const partition = { topic: await topic(), partition: 0 }
    const inbox = new Inbox()
    inbox.start(partition, 0)
    await client.add([{ ...partition, offset: 0 }])
    await pollUntil(client, inbox, 'the end', () => inbox.end(partition) === 0)
  },
}

import assert from 'node:assert/strict'
import { batchOf, texts } from './batch-of.ts'
import { Inbox, pollTo, pollUntil } from './inbox.ts'
import type { TransportTests } from './transport-case.ts'

export const readerPollTests: TransportTests = {
  'the end of an empty partition is told': async ({ topic, reader }) => {
    const name = await topic(2)
    const client = await reader()
    const inbox = new Inbox()
    const both = [0, 1].map((partition) => ({ topic: name, partition, offset: 0 }))
    for (const position of both) inbox.start(position, 0)
    await client.add(both)
    const told = (): boolean => both.every((position) => inbox.end(position) === 0)
    await pollUntil(client, inbox, 'the ends', told)
    assert.deepEqual(
      both.map((position) => client.endOffset(position)),
      [0, 0],
    )
  },

  'the end is told whenever it is reached': async ({ topic, producer, reader }) => {
    const partition = { topic: await topic(), partition: 0 }
    const sender = await producer()
    const client = await reader()
    const inbox = new Inbox()
    inbox.start(partition, 0)
    await client.add([{ ...partition, offset: 0 }])
    for (let round = 0; round <= 3; round++) {
      const end = round * 5
      await pollUntil(client, inbox, `the end at ${end}`, () => inbox.end(partition) === end)
      await sender.send(batchOf(partition.topic, texts(`round-${round}`, 5)))
      await pollTo(client, inbox, partition, end + 5)
    }
  },

  'the end is not told before it is there': async ({ topic, producer, reader }) => {
    const partition = { topic: await topic(), partition: 0 }
    const value = new Uint8Array(4000)
    const sender = await producer()
    for (let round = 0; round < 4; round++) {
      const records = Array.from({ length: 200 }, () => ({ value }))
      await sender.send(batchOf(partition.topic, records))
    }
    const client = await reader()
    const inbox = new Inbox()
    inbox.start(partition, 0)
    await client.add([{ ...partition, offset: 0 }])
    const told = (): boolean => inbox.end(partition) !== undefined
    await pollUntil(client, inbox, 'an end', told)
    assert.equal(inbox.end(partition), 800)
    assert.equal(inbox.records.length, 800)
  },

  'the end is told to a reader that starts there': async ({ topic, producer, reader }) => {
    const partition = { topic: await topic(), partition: 0 }
    await (await producer()).send(batchOf(partition.topic, texts('value', 3)))
    const client = await reader()
    const inbox = new Inbox()
    for (let round = 0; round < 3; round++) {
      inbox.start(partition, 3)
      await client.add([{ ...partition, offset: 3 }])
      await pollUntil(client, inbox, 'the end', () => inbox.end(partition) === 3)
    }
  },

  'endOffset is what the reader saw last': async ({ topic, producer, reader }) => {
    const partition = { topic: await topic(), partition: 0 }
    const sender = await producer()
    await sender.send(batchOf(partition.topic, texts('value', 4)))
    const client = await reader()
    assert.equal(client.endOffset(partition), undefined)
    const inbox = new Inbox()
    inbox.start(partition, 0)
    await client.add([{ ...partition, offset: 0 }])
    await pollUntil(client, inbox, 'the end', () => inbox.end(partition) === 4)
    assert.equal(client.endOffset(partition), 4)
    await sender.send(batchOf(partition.topic, texts('value', 2)))
    await pollUntil(client, inbox, 'the end', () => inbox.end(partition) === 6)
    assert.equal(client.endOffset(partition), 6)
  },

  'several partitions are read at a time': async ({ topic, producer, reader }) => {
    const topics = [await topic(3), await topic(2)]
    const partitions = topics.flatMap((name, index) =>
      [0, 1, 2].slice(index).map((partition) => ({ topic: name, partition: partition - index })),
    )
    const sender = await producer()
    for (const { topic: name, partition } of partitions) {
      const values = texts(`${name}/${partition}`, 200)
      await sender.send(
        batchOf(
          name,
          values.map((value) => ({ partition, value })),
        ),
      )
    }
    const client = await reader()
    const inbox = new Inbox()
    for (const partition of partitions) inbox.start(partition, 0)
    await client.add(partitions.slice(0, 3).map((partition) => ({ ...partition, offset: 0 })))
    await client.add(partitions.slice(3).map((partition) => ({ ...partition, offset: 0 })))
    const done = (): boolean => partitions.every((partition) => inbox.end(partition) === 200)
    await pollUntil(client, inbox, 'the ends', done)
    for (const partition of partitions) {
      const values = texts(`${partition.topic}/${partition.partition}`, 200)
      assert.deepEqual(inbox.values(partition), values)
    }
  },

  'what is written while a reader reads comes in order, none missing and none twice': async ({
    topic,
    producer,
    reader,
  }) => {
    const name = await topic(2)
    const sender = await producer()
    const client = await reader()
    const inbox = new Inbox()
    const both = [0, 1].map((partition) => ({ topic: name, partition, offset: 0 }))
    for (const position of both) inbox.start(position, 0)
    await client.add(both)
    const sends: Promise<unknown>[] = []
    for (const [number, value] of texts('value', 400).entries()) {
      sends.push(sender.send(batchOf(name, [{ partition: number % 2, value }])))
      if (number % 40 === 0) inbox.take(await client.poll(5))
    }
    await Promise.all(sends)
    for (const position of both) {
      await pollTo(client, inbox, position, 200)
      const expected = texts('value', 400).filter((_, number) => number % 2 === position.partition)
      assert.deepEqual(inbox.values(position), expected)
    }
  },

  'a poll waits for records, and no longer than it should': async ({ topic, producer, reader }) => {
    const partition = { topic: await topic(), partition: 0 }
    const sender = await producer()
    const client = await reader()
    const inbox = new Inbox()
    inbox.start(partition, 0)
    await client.add([{ ...partition, offset: 0 }])
    await pollUntil(client, inbox, 'the end', () => inbox.end(partition) === 0)
    const before = performance.now()
    for (let poll = 0; poll < 6; poll++) inbox.take(await client.poll(40))
    const waited = performance.now() - before
    // Some polls may come back early, most of them wait; a busy machine adds to it.
    assert.ok(waited > 80, `six polls of 40 ms took ${waited} ms`)
    assert.ok(waited < 5000, `six polls of 40 ms took ${waited} ms`)
    const long = client.poll(60_000)
    await sender.send(batchOf(partition.topic, ['a']))
    inbox.take(await long)
    await pollTo(client, inbox, partition, 1)
    assert.deepEqual(inbox.values(partition), ['a'])
  },

  'a batch stays as it is while more is read': async ({ topic, producer, reader }) => {
    const partition = { topic: await topic(), partition: 0 }
    const sender = await producer()
    const client = await reader()
    await client.add([{ ...partition, offset: 0 }])
    const batches = []
    for (let round = 0; round < 10; round++) {
      await sender.send(batchOf(partition.topic, texts(`round-${round}`, 50)))
      batches.push(...(await client.poll(200)))
    }
    const late = new Inbox()
    late.start(partition, 0)
    late.take(batches)
    await pollTo(client, late, partition, 500)
    const expected = Array.from({ length: 10 }, (_, round) => texts(`round-${round}`, 50)).flat()
    assert.deepEqual(late.values(partition), expected)
  },

  'readers and transports are independent of each other': async ({
    another,
    topic,
    producer,
    reader,
  }) => {
    const partition = { topic: await topic(), partition: 0 }
    const elsewhere = await another()
    await (await producer({}, elsewhere)).send(batchOf(partition.topic, texts('value', 5)))
    const clients = [await reader(), await reader(), await reader('read_committed', elsewhere)]
    for (const client of clients) {
      const inbox = new Inbox()
      inbox.start(partition, 0)
      await client.add([{ ...partition, offset: 0 }])
      await pollTo(client, inbox, partition, 5)
      assert.deepEqual(inbox.values(partition), texts('value', 5))
      await client.close()
    }
  },
}

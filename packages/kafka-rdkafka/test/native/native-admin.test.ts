import { ProduceBatch } from '@goka/interface'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import rdkafka from 'node-rdkafka'
import { batchSink } from '../../src/native/batch-sink.ts'
import { type NativeAdmin, nativeAdmin } from '../../src/native/native-admin.ts'
import {
  type Connected,
  connectProducer,
  createTopic,
  native,
  partitionsOf,
  uniqueName,
  until,
} from './clients.ts'

const { ERRORS } = rdkafka.CODES
const timeoutMs = 10_000

describe('the native administration', () => {
  let producer: Connected<rdkafka.Producer>
  let admin: NativeAdmin

  beforeAll(async () => {
    producer = await connectProducer()
    admin = nativeAdmin(native, producer.name)
  })
  afterAll(async () => {
    await admin.stop()
    await producer.disconnect()
  })

  it('reads the configuration of a topic, and changes some of it', async () => {
    const topic = await createTopic(1, { 'retention.ms': '1234567', 'segment.ms': '7654321' })
    const before = await admin.topicConfig(topic, timeoutMs)
    expect(before).toMatchObject({
      'cleanup.policy': 'delete',
      'retention.ms': '1234567',
      'segment.ms': '7654321',
    })
    await admin.alterTopicConfig(
      topic,
      { 'cleanup.policy': 'compact,delete', 'retention.ms': '7' },
      timeoutMs,
    )
    // Brokers learn of a change some time after it was acknowledged.
    await until(async () => (await admin.topicConfig(topic, timeoutMs))['retention.ms'] === '7')
    expect(await admin.topicConfig(topic, timeoutMs)).toEqual({
      ...before,
      'cleanup.policy': 'compact,delete',
      'retention.ms': '7',
    })
    await admin.alterTopicConfig(topic, {}, timeoutMs)
    const refused = admin.alterTopicConfig(topic, { 'retention.ms': 'long' }, timeoutMs)
    await expect(refused).rejects.toMatchObject({
      code: ERRORS.ERR_INVALID_CONFIG,
      message: expect.stringContaining('long'),
    })
  })

  it('tells that a topic does not exist, and creates none', async () => {
    const topic = uniqueName('unknown')
    const unknown = { code: ERRORS.ERR_UNKNOWN_TOPIC_OR_PART }
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(admin.topicConfig(topic, timeoutMs)).rejects.toMatchObject(unknown)
      expect(await admin.topicIds([topic], timeoutMs)).toEqual(new Map())
    }
    const asked = admin.alterTopicConfig(topic, { 'retention.ms': '1' }, timeoutMs)
    await expect(asked).rejects.toMatchObject(unknown)
    await expect(
      admin.offsets([{ topic, partition: 0 }], 'latest', 'read_committed', timeoutMs),
    ).rejects.toMatchObject(unknown)
  })

  it('sets and lists the offsets of a group', async () => {
    const topic = await createTopic(3)
    const group = uniqueName('group')
    expect(await admin.groupOffsets(group, timeoutMs)).toEqual([])
    const large = Number.MAX_SAFE_INTEGER - 1
    await admin.alterGroupOffsets(
      group,
      [
        { topic, partition: 2, offset: 7 },
        { topic, partition: 0, offset: large },
      ],
      timeoutMs,
    )
    const found = await admin.groupOffsets(group, timeoutMs)
    expect(found).toHaveLength(2)
    expect(found).toContainEqual({ topic, partition: 0, offset: large })
    expect(found).toContainEqual({ topic, partition: 2, offset: 7 })
    await admin.alterGroupOffsets(group, [], timeoutMs)
    const nowhere = [{ topic, partition: 9, offset: 1 }]
    await expect(admin.alterGroupOffsets(group, nowhere, timeoutMs)).rejects.toMatchObject({
      code: ERRORS.ERR_UNKNOWN_TOPIC_OR_PART,
      message: expect.stringContaining(`${topic}/9`),
    })
  })

  it('lists both ends of many partitions, and deletes records', async () => {
    const topic = await createTopic(50)
    const sink = batchSink(native, producer.name)
    const batch = new ProduceBatch()
    const index = batch.topicIndex(topic)
    for (let partition = 0; partition < 50; partition++) {
      for (let i = 0; i < partition; i++) batch.add(index, partition, 'k', null, 1, undefined)
    }
    expect((await sink.send(batch)).failure).toBeUndefined()
    await sink.stop()
    const all = partitionsOf(topic, 50)
    const latest = await admin.offsets(all, 'latest', 'read_uncommitted', timeoutMs)
    expect(latest).toHaveLength(50)
    for (const { partition, offset } of latest) expect(offset).toBe(partition)

    await admin.deleteRecords(
      [
        { topic, partition: 40, offset: 15 },
        { topic, partition: 41, offset: 1 },
      ],
      timeoutMs,
    )
    const some = all.slice(39, 42)
    const earliest = await admin.offsets(some, 'earliest', 'read_committed', timeoutMs)
    expect(earliest.map(({ partition, offset }) => [partition, offset]).sort()).toEqual([
      [39, 0],
      [40, 15],
      [41, 1],
    ])
    const beyond = [{ topic, partition: 3, offset: 100 }]
    await expect(admin.deleteRecords(beyond, timeoutMs)).rejects.toMatchObject({
      code: ERRORS.ERR_OFFSET_OUT_OF_RANGE,
    })
    await expect(
      admin.offsets([{ topic, partition: 50 }], 'latest', 'read_committed', timeoutMs),
    ).rejects.toMatchObject({ code: ERRORS.ERR__UNKNOWN_PARTITION })
    expect(await admin.offsets([], 'latest', 'read_committed', timeoutMs)).toEqual([])
    await admin.deleteRecords([], timeoutMs)
  })

  it('gives a topic an id of its own', async () => {
    const topics = [await createTopic(1), await createTopic(1)]
    const ids = await admin.topicIds([...topics, uniqueName('unknown')], timeoutMs)
    expect([...ids.keys()].sort()).toEqual(topics.sort())
    expect(new Set(ids.values()).size).toBe(2)
    expect(await admin.topicIds([], timeoutMs)).toEqual(new Map())
  })

  it('answers many questions at once, each its own', async () => {
    const topic = await createTopic(1)
    const groups = Array.from({ length: 30 }, () => uniqueName('group'))
    await Promise.all(
      groups.map((group, offset) =>
        admin.alterGroupOffsets(group, [{ topic, partition: 0, offset }], timeoutMs),
      ),
    )
    const found = await Promise.all(groups.map((group) => admin.groupOffsets(group, timeoutMs)))
    expect(found).toEqual(groups.map((_, offset) => [{ topic, partition: 0, offset }]))
  })

  it('rejects what is under way when it is stopped, and everything after', async () => {
    const client = await connectProducer()
    const own = nativeAdmin(native, client.name)
    const destroyed = { code: ERRORS.ERR__DESTROY }
    const underWay = Array.from({ length: 20 }, () => own.groupOffsets('any', timeoutMs))
    const outcomes = Promise.allSettled(underWay)
    await own.stop()
    for (const outcome of await outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(destroyed)
    }
    await expect(own.groupOffsets('any', timeoutMs)).rejects.toMatchObject(destroyed)
    await own.stop()
    await client.disconnect()
    await expect(own.groupOffsets('any', timeoutMs)).rejects.toMatchObject(destroyed)
  })

  it('rejects what is under way when the client goes by itself', async () => {
    const client = await connectProducer()
    const own = nativeAdmin(native, client.name)
    const underWay = Array.from({ length: 20 }, () => own.groupOffsets('any', timeoutMs))
    const outcomes = Promise.allSettled(underWay)
    await client.disconnect()
    expect(await outcomes).toHaveLength(20)
    await own.stop()
  })
})

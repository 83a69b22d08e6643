import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import rdkafka from 'node-rdkafka'
import type { GroupExtension } from '../../src/group-extension.ts'
import { type NativeAdmin, nativeAdmin } from '../../src/native/native-admin.ts'
import { nativeGroup } from '../../src/native/native-group.ts'
import { pumpSource } from '../../src/native/pump-source.ts'
import type { RecordSource } from '../../src/record-source.ts'
import {
  type Connected,
  connectConsumer,
  createTopic,
  native,
  pollUntil,
  uniqueName,
} from './clients.ts'

const { ERRORS } = rdkafka.CODES

const limits = { maxRecords: 10, maxBytes: 10_000, numberKeys: false, onFault: () => undefined }

describe('the commits of a member', () => {
  let consumer: Connected<rdkafka.KafkaConsumer>
  let source: RecordSource
  let group: GroupExtension
  let admin: NativeAdmin
  let groupId: string
  let settings: Readonly<Record<string, string>>
  let topic: string

  beforeEach(async () => {
    groupId = uniqueName('group')
    topic = await createTopic(2)
    settings = { 'group.id': groupId, 'group.instance.id': 'member' }
    consumer = await connectConsumer(settings)
    source = pumpSource(native, consumer.name, limits)
    group = nativeGroup(native, consumer.name)
    admin = nativeAdmin(native, consumer.name)
  })
  afterEach(async () => {
    await source.stop()
    await group.stop()
    await admin.stop()
    await consumer.disconnect()
  })

  async function join(): Promise<void> {
    consumer.client.subscribe([topic])
    await pollUntil(
      source,
      () => consumer.client.assignments().length === 2,
      () => undefined,
    )
  }

  it('are stored when they resolve, without any poll', async () => {
    await join()
    const offsets = [
      { topic, partition: 0, offset: 12 },
      { topic, partition: 1, offset: 34 },
    ]
    await group.commit(offsets)
    const found = await admin.groupOffsets(groupId, 10_000)
    expect([...found].sort((a, b) => a.partition - b.partition)).toEqual(offsets)
    await group.commit([])
    expect(group.assignmentLost()).toBe(false)
  })

  it('keep their order', async () => {
    await join()
    const commits = Array.from({ length: 50 }, (_, offset) =>
      group.commit([{ topic, partition: 0, offset }]),
    )
    await Promise.all(commits)
    expect(await admin.groupOffsets(groupId, 10_000)).toEqual([{ topic, partition: 0, offset: 49 }])
  })

  it('fail for a partition that does not exist', async () => {
    await join()
    await expect(
      group.commit([{ topic: uniqueName('unknown'), partition: 0, offset: 1 }]),
    ).rejects.toMatchObject({
      code: ERRORS.ERR_UNKNOWN_TOPIC_OR_PART,
      message: expect.stringContaining('/0'),
    })
  })

  it('fail when another member took the place', async () => {
    await join()
    const other = await connectConsumer(settings)
    const theirs = pumpSource(native, other.name, limits)
    other.client.subscribe([topic])
    await pollUntil(
      theirs,
      () => other.client.assignments().length === 2,
      () => undefined,
    )
    const commit = group.commit([{ topic, partition: 0, offset: 1 }])
    await expect(commit).rejects.toMatchObject({ code: ERRORS.ERR_FENCED_INSTANCE_ID })
    await theirs.stop()
    await other.disconnect()
  })

  it('are rejected when the member is closing', async () => {
    await join()
    await group.stop()
    await expect(group.commit([{ topic, partition: 0, offset: 1 }])).rejects.toMatchObject({
      code: ERRORS.ERR__DESTROY,
    })
    expect(group.assignmentLost()).toBe(false)
  })
})

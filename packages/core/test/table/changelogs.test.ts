import type { Admin } from '@goka/interface'
import { GokaError } from '@goka/interface'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Changelogs } from '../../src/table/changelogs.ts'
import { Cluster } from '../cluster.ts'
import { rejection } from '../waiting.ts'

describe('what is known of a changelog', () => {
  let cluster: Cluster
  let admin: Admin
  beforeEach(async () => {
    cluster = new Cluster()
    admin = await cluster.admin()
    await cluster.createTopic('table', 2, {
      'cleanup.policy': 'compact',
      'delete.retention.ms': '7',
    })
  })
  afterEach(() => cluster.close())

  it('is where its partitions start and end, which topic it is, and how long deletions are kept', async () => {
    await cluster.produce('table', [
      { key: 'a', value: '1', partition: 1 },
      { key: 'b', value: '2', partition: 1 },
    ])
    await admin.deleteRecords([{ topic: 'table', partition: 1, offset: 1 }])
    const changelogs = new Changelogs(admin, true)
    expect(await changelogs.partitions('table')).toBe(2)
    const topicId = (await admin.topics(['table'])).get('table')?.topicId
    expect(topicId).toBeDefined()
    const partitions = [1, 0].map((partition) => ({ topic: 'table', partition }))
    expect(await changelogs.read(partitions)).toEqual([
      { earliest: 1, latest: 2, topicId, tombstoneRetentionMs: 7 },
      { earliest: 0, latest: 0, topicId, tombstoneRetentionMs: 7 },
    ])
  })

  it.each([
    ['the transport cannot tell', false, undefined],
    ['nobody may ask', true, 'GOKA_TRANSPORT_UNAUTHORIZED'],
  ] as const)('has a day for deletions when %s', async (_why, canRead, code) => {
    if (code !== undefined) {
      admin.topicConfig = () =>
        Promise.reject(
          new GokaError(code, 'no', { operation: 'config', retriable: false, reason: 'NO' }),
        )
    }
    const [found] = await new Changelogs(admin, canRead).read([{ topic: 'table', partition: 0 }])
    expect(found?.tombstoneRetentionMs).toBe(86_400_000)
  })

  it('is asked for again after it could not be had', async () => {
    const changelogs = new Changelogs(admin, true)
    expect(await rejection(changelogs.partitions('missing'))).toMatchObject({
      code: 'GOKA_TOPIC_UNKNOWN',
      details: { topic: 'missing' },
    })
    await cluster.createTable('missing', 3)
    expect(await changelogs.partitions('missing')).toBe(3)
  })
})

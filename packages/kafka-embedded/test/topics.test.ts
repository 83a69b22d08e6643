import { describe, expect, it } from '@jest/globals'
import { Cluster } from './cluster.ts'
import { batchOf } from './records.ts'

describe('topics', () => {
  it.each(['', '.', '..', 'a b', 'a/b', 'ä', 'x'.repeat(250)])(
    'cannot be named %j',
    async (topic) => {
      await using cluster = new Cluster()
      const admin = await cluster.admin()
      await expect(admin.createTopic({ topic, partitions: 1 })).rejects.toMatchObject({
        code: 'GOKA_TRANSPORT_FAILED',
        details: { reason: 'INVALID_TOPIC' },
      })
    },
  )

  it.each([0, -1, 1.5, NaN])('cannot have %p partitions', async (partitions) => {
    await using cluster = new Cluster()
    const admin = await cluster.admin()
    await expect(admin.createTopic({ topic: 't', partitions })).rejects.toMatchObject({
      details: { reason: 'INVALID_PARTITIONS' },
    })
    expect((await admin.topics(['t'])).size).toBe(0)
  })

  it.each([
    ['cleanup.policy', 'none'],
    ['retention.ms', 'soon'],
    ['max.message.bytes', '1e6'],
    ['message.timestamp.type', 'Now'],
    ['no.such.entry', '1'],
    ['toString', '1'],
  ])('cannot have the configuration %s=%s', async (name, value) => {
    await using cluster = await Cluster.with('t', 1)
    const admin = await cluster.admin()
    const refused = { details: { reason: 'INVALID_CONFIG' } }
    const config = { [name]: value }
    await expect(admin.createTopic({ topic: 'u', partitions: 1, config })).rejects.toMatchObject(
      refused,
    )
    await expect(admin.alterTopicConfig('t', config)).rejects.toMatchObject(refused)
  })

  it('refuse single records that are too large, and write the others', async () => {
    await using cluster = await Cluster.with('t', 2, {}, { 'max.message.bytes': '200' })
    const producer = await cluster.producer()
    const batch = batchOf('t', [
      [0, 'a', 'x'],
      [0, 'b', 'x'.repeat(200)],
      [1, 'c', 'x'.repeat(300)],
      [0, 'd', 'x'],
    ])
    const { offsets, failures } = await producer.sendEach(batch)
    expect([...offsets]).toEqual([0, NaN, NaN, 1])
    expect([...failures.keys()].sort()).toEqual([1, 2])
    expect(failures.get(2)).toMatchObject({
      code: 'GOKA_TRANSPORT_RECORD_TOO_LARGE',
      details: { topic: 't', partition: 1 },
    })
    await expect(producer.send(batch)).rejects.toMatchObject({
      code: 'GOKA_TRANSPORT_RECORD_TOO_LARGE',
    })
    expect((await cluster.read('t')).length).toBe(4)
    await (await cluster.admin()).alterTopicConfig('t', { 'max.message.bytes': '1000' })
    expect((await producer.send(batch)).map(({ offset }) => offset)).toEqual([7, 1])
  })

  it('that are compacted refuse records without a key', async () => {
    await using cluster = await Cluster.with('t', 1, {}, { 'cleanup.policy': 'compact' })
    const { failures } = await (await cluster.producer()).sendEach(
      batchOf('t', [
        [0, 'a', '1'],
        [0, null, '2'],
      ]),
    )
    expect([...failures.keys()]).toEqual([1])
    expect(failures.get(1)).toMatchObject({ details: { reason: 'INVALID_RECORD' } })
    expect(await cluster.read('t')).toEqual(['t/0@0 a=1'])
  })

  it('give records the time of their arrival where they are configured so', async () => {
    await using cluster = await Cluster.with(
      't',
      1,
      {},
      { 'message.timestamp.type': 'LogAppendTime' },
    )
    await (await cluster.producer()).send(batchOf('t', [[0, 'a', '1']], 1000))
    const reader = await cluster.reader([{ topic: 't', partition: 0, offset: 0 }])
    const [batch] = await reader.poll(1000)
    expect(batch?.timestamp(0)).toBe(cluster.clock.now())
  })

  it('that are deleted take the offsets of groups with them', async () => {
    await using cluster = await Cluster.with('t', 1)
    const admin = await cluster.admin()
    await admin.alterGroupOffsets('g', [{ topic: 't', partition: 0, offset: 0 }])
    await admin.deleteTopic('t')
    expect(await admin.groupOffsets('g')).toEqual([])
  })
})

import type { TopicPartitionOffset } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { Cluster } from './cluster.ts'
import { settle, until, watched } from './event-loop.ts'
import type { Member } from './member.ts'
import { batchOf } from './records.ts'

const fenced = { code: 'GOKA_TRANSPORT_FENCED' }
const indefinite = { code: 'GOKA_TRANSPORT_INDEFINITE' }
const abortable = { code: 'GOKA_TRANSPORT_ABORTABLE' }

const at = (offset: number): TopicPartitionOffset => ({ topic: 'in', partition: 0, offset })

interface Scene extends AsyncDisposable {
  readonly cluster: Cluster
  readonly member: Member
}

/** A cluster with the topics `in` and `out` and a member that has `in/0`. */
async function withMember(): Promise<Scene> {
  const cluster = await Cluster.with('in', 1)
  await (await cluster.admin()).createTopic({ topic: 'out', partitions: 2 })
  const member = await cluster.member('member', { topics: ['in'] })
  await member.holds(1)
  return { cluster, member, [Symbol.asyncDispose]: () => cluster.broker.close() }
}

async function committed(cluster: Cluster): Promise<number | undefined> {
  const [offset] = await (await cluster.admin()).groupOffsets('group')
  return offset?.offset
}

const one = (value: string) => batchOf('out', [[0, 'k', value]])

describe('a transaction', () => {
  it('is taken back, and its producer fenced, when another one comes with its id', async () => {
    await using scene = await withMember()
    const { cluster, member } = scene
    const before = await cluster.transactional('id', 'before')
    await before.begin()
    await before.send(one('zombie'))
    const after = await cluster.transactional('id', 'after')
    expect(await cluster.read('out')).toEqual([])
    await after.begin()
    await after.send(one('heir'))
    await expect(before.send(one('zombie'))).rejects.toMatchObject(fenced)
    await expect(before.commit(member.consumer, [at(9)])).rejects.toMatchObject(fenced)
    await expect(before.abort()).rejects.toMatchObject(fenced)
    await after.commit(member.consumer, [at(1)])
    expect(await cluster.read('out')).toEqual(['out/0@2 k=heir'])
    expect(await committed(cluster)).toBe(1)
    await member.close()
  })

  it('is taken back when it takes too long', async () => {
    await using scene = await withMember()
    const { cluster, member } = scene
    const producer = await cluster.transactional('id')
    await producer.begin()
    await producer.send(one('slow'))
    const other = await cluster.producer()
    await other.send(one('after'))
    cluster.clock.advance(59_999)
    await settle()
    expect(await cluster.read('out')).toEqual([])
    cluster.clock.advance(1)
    await settle()
    expect(await cluster.read('out')).toEqual(['out/0@1 k=after'])
    await expect(producer.commit(member.consumer, [])).rejects.toMatchObject(fenced)
    await expect(producer.begin()).rejects.toMatchObject(fenced)
    await member.close()
  })

  it.each([
    ['request', undefined, []],
    ['answer', 7, ['out/0@0 k=v']],
  ] as const)(
    'whose commit is in doubt is ended by the next producer: the %s was lost',
    async (what, offset, lines) => {
      await using scene = await withMember()
      const { cluster, member } = scene
      const producer = await cluster.transactional('id')
      await producer.begin()
      await producer.send(one('v'))
      cluster.broker.faults.lose({ operation: 'commit-transaction' }, what)
      await expect(producer.commit(member.consumer, [at(7)])).rejects.toMatchObject(indefinite)
      await expect(producer.abort()).rejects.toMatchObject(indefinite)
      await expect(producer.begin()).rejects.toMatchObject(indefinite)
      await producer.close()
      const next = await cluster.transactional('id')
      expect(await member.consumer.committed([at(0)])).toEqual(offset === undefined ? [] : [at(7)])
      expect(await committed(cluster)).toBe(offset)
      expect(await cluster.read('out')).toEqual(lines)
      await next.begin()
      await next.send(one('next'))
      await next.commit(member.consumer, [])
      expect((await cluster.read('out')).length).toBe(lines.length + 1)
      await member.close()
    },
  )

  it('is not committed by a request that arrives when another producer has come', async () => {
    await using scene = await withMember()
    const { cluster, member } = scene
    const before = await cluster.transactional('id', 'before')
    await before.begin()
    await before.send(one('old'))
    const late = cluster.broker.faults.hold({ operation: 'commit-transaction' }, 'request')
    const commit = watched(before.commit(member.consumer, []))
    await late.met()
    const after = await cluster.transactional('id', 'after')
    await after.begin()
    await after.send(one('new'))
    late.end()
    await expect(commit.promise).rejects.toMatchObject(fenced)
    await settle()
    expect(await cluster.read('out')).toEqual([])
    await after.abort()
    expect(await cluster.read('out')).toEqual([])
    await member.close()
  })

  it('keeps others waiting who ask for offsets that it may commit', async () => {
    await using scene = await withMember()
    const { cluster, member } = scene
    const producer = await cluster.transactional('id')
    await producer.begin()
    const held = cluster.broker.faults.hold({ operation: 'commit-transaction' }, 'request')
    const commit = producer.commit(member.consumer, [at(5)])
    await held.met()
    const asked = watched(member.consumer.committed([at(0)]))
    await settle()
    expect(asked.state).toBe('pending')
    held.end()
    await commit
    expect(await asked.promise).toEqual([at(5)])
    await member.close()
  })

  it("commits nothing when a partition is not the consumer's any more", async () => {
    await using scene = await withMember()
    const { cluster, member } = scene
    const producer = await cluster.transactional('id')
    await producer.begin()
    await producer.send(one('v'))
    cluster.broker.faults.disconnect('member')
    const heir = await cluster.member('heir', { topics: ['in'] })
    cluster.clock.advance(45_000)
    await heir.holds(1)
    await expect(producer.commit(member.consumer, [at(5)])).rejects.toMatchObject(fenced)
    await expect(producer.commit(heir.consumer, [at(5)])).rejects.toMatchObject(abortable)
    await producer.abort()
    expect(await committed(cluster)).toBeUndefined()
    expect(await cluster.read('out')).toEqual([])
    await producer.begin()
    await producer.commit(heir.consumer, [at(6)])
    expect(await committed(cluster)).toBe(6)
    await heir.close()
  })

  it('must be aborted when a record was not written', async () => {
    await using scene = await withMember()
    const { cluster, member } = scene
    const producer = await cluster.transactional('id')
    await producer.begin()
    await expect(producer.send(one('x'.repeat(2_000_000)))).rejects.toMatchObject({
      code: 'GOKA_TRANSPORT_RECORD_TOO_LARGE',
    })
    await expect(producer.send(one('v'))).rejects.toMatchObject(abortable)
    await expect(producer.commit(member.consumer, [])).rejects.toMatchObject(abortable)
    await producer.abort()
    await producer.begin()
    const { failures } = await producer.sendEach(batchOf('unknown', [[0, 'k', 'v']]))
    expect(failures.get(0)).toMatchObject({ code: 'GOKA_TOPIC_UNKNOWN' })
    await expect(producer.commit(member.consumer, [])).rejects.toMatchObject(abortable)
    await producer.abort()
    await member.close()
  })

  it('cannot be begun twice, nor ended before it has begun or while records are under way', async () => {
    await using scene = await withMember()
    const { cluster, member } = scene
    const producer = await cluster.transactional('id')
    const misplaced = { details: { reason: 'INVALID_TXN_STATE' } }
    await expect(producer.send(one('v'))).rejects.toMatchObject(misplaced)
    await expect(producer.commit(member.consumer, [])).rejects.toMatchObject(misplaced)
    await expect(producer.abort()).rejects.toMatchObject(misplaced)
    await producer.begin()
    await expect(producer.begin()).rejects.toMatchObject(misplaced)
    const sent = producer.send(one('v'))
    await expect(producer.commit(member.consumer, [])).rejects.toMatchObject(misplaced)
    await sent
    await producer.commit(member.consumer, [])
    expect(await cluster.read('out')).toEqual(['out/0@0 k=v'])
    await member.close()
  })

  it('waits with its end for records under way when it is aborted', async () => {
    await using scene = await withMember()
    const { cluster, member } = scene
    const producer = await cluster.transactional('id')
    await producer.begin()
    const held = cluster.broker.faults.hold({ operation: 'produce' }, 'request')
    const sent = watched(producer.send(one('v')))
    const aborted = watched(producer.abort())
    await settle()
    expect([sent.state, aborted.state]).toEqual(['pending', 'pending'])
    held.end()
    await aborted.promise
    await until(() => sent.state === 'resolved', 'the send is settled')
    expect(await cluster.read('out')).toEqual([])
    expect(await cluster.read('out', 0, 'read_uncommitted')).toEqual(['out/0@0 k=v'])
    await member.close()
  })

  it('refuses the consumer of another broker', async () => {
    await using scene = await withMember()
    const { member } = scene
    await using other = new Cluster()
    const producer = await other.transactional('id')
    await producer.begin()
    await expect(producer.commit(member.consumer, [])).rejects.toMatchObject({
      details: { reason: 'INVALID_CONSUMER' },
    })
    await member.close()
  })
})

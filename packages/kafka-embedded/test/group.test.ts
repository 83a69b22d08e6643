import type { TopicPartition } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { Cluster } from './cluster.ts'
import { settle, turn, until, watched } from './event-loop.ts'
import { batchOf } from './records.ts'

const fenced = { code: 'GOKA_TRANSPORT_FENCED' }

/** A promise that the test resolves. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('a group', () => {
  it('moves only what has to move, once the owner has let go, where it is incremental', async () => {
    await using cluster = await Cluster.with('t', 4)
    const revoking = gate()
    const first = await cluster.member('a', {
      topics: ['t'],
      onRevoked: async (member, partitions) => {
        const [partition] = partitions as readonly [TopicPartition]
        await member.consumer.commit([{ ...partition, offset: 0 }])
        await revoking.opened
      },
    })
    await first.holds(4)
    const second = await cluster.member('b', { topics: ['t'] })
    await until(() => first.calls.length === 2, 'partitions are revoked')
    await settle()
    expect(second.calls).toEqual([])
    revoking.open()
    await second.holds(2)
    expect(first.calls).toEqual(['assigned t/0 t/1 t/2 t/3', 'revoked t/2 t/3'])
    expect(second.calls).toEqual(['assigned t/2 t/3'])
    const gone = [{ topic: 't', partition: 2, offset: 0 }]
    await expect(first.consumer.commit(gone)).rejects.toMatchObject(fenced)
    await first.close()
    await second.holds(4)
    expect(second.calls).toEqual(['assigned t/2 t/3', 'assigned t/0 t/1'])
    await second.close()
  })

  it('takes everything from everybody before it gives anything, where it is eager', async () => {
    await using cluster = await Cluster.with('t', 3, { rebalance: 'eager' })
    const revoking = gate()
    const options = { topics: ['t'], onRevoked: () => revoking.opened }
    const first = await cluster.member('a', options)
    await first.holds(3)
    const second = await cluster.member('b', options)
    await settle()
    expect([first.calls, second.calls]).toEqual([
      ['assigned t/0 t/1 t/2', 'revoked t/0 t/1 t/2'],
      [],
    ])
    revoking.open()
    await until(() => second.held.size === 1, 'the second has its share')
    const third = await cluster.member('c', options)
    await third.holds(1)
    await until(() => first.held.size === 1 && second.held.size === 1, 'all have their share')
    expect(first.calls.slice(2)).toEqual(['assigned t/0 t/1', 'revoked t/0 t/1', 'assigned t/0'])
    expect(second.calls).toEqual(['assigned t/2', 'revoked t/2', 'assigned t/1'])
    expect(third.calls).toEqual(['assigned t/2'])
    for (const member of [first, second, third]) await member.close()
  })

  it('shares out partitions that are added to its topics', async () => {
    await using cluster = await Cluster.with('t', 1)
    const member = await cluster.member('a', { topics: ['t'] })
    await member.holds(1)
    await (await cluster.admin()).createPartitions('t', 3)
    await member.holds(3)
    expect(member.calls).toEqual(['assigned t/0', 'assigned t/1 t/2'])
    await member.close()
  })

  it('does without a member that polls too seldom, until it polls again', async () => {
    await using cluster = await Cluster.with('t', 2, { maxPollIntervalMs: 10_000 })
    const producer = await cluster.producer()
    const idle = await cluster.member('a', { topics: ['t'] })
    await idle.holds(2)
    idle.stopPolling()
    await producer.send(batchOf('t', [[0, 'k', '1']]))
    await until(() => idle.lines.length === 1, 'the last poll has returned')
    await settle()
    const busy = await cluster.member('b', { topics: ['t'] })
    await busy.holds(1)
    cluster.clock.advance(9_999)
    await settle()
    expect(busy.held.size).toBe(1)
    cluster.clock.advance(1)
    await busy.holds(2)
    await until(() => idle.held.size === 0, 'the other one has heard of it')
    expect(idle.calls.at(-1)).toBe('lost t/0')
    await expect(
      idle.consumer.commit([{ topic: 't', partition: 0, offset: 1 }]),
    ).rejects.toMatchObject(fenced)
    idle.startPolling()
    await idle.holds(1)
    await idle.close()
    await busy.close()
  })

  it('does not count the time of a poll that waits', async () => {
    await using cluster = await Cluster.with('t', 1, { maxPollIntervalMs: 10_000 })
    const member = await cluster.member('a', { topics: ['t'] })
    await member.holds(1)
    for (let second = 0; second < 100; second++) {
      cluster.clock.advance(1000)
      await turn()
    }
    await settle()
    expect(member.calls).toEqual(['assigned t/0'])
    await member.close()
  })

  it('does without a member that does not let go', async () => {
    await using cluster = await Cluster.with('t', 2, { maxPollIntervalMs: 10_000 })
    const revoking = gate()
    const stuck = await cluster.member('a', { topics: ['t'], onRevoked: () => revoking.opened })
    await stuck.holds(2)
    const heir = await cluster.member('b', { topics: ['t'] })
    await until(() => stuck.calls.length === 2, 'a partition is revoked')
    cluster.clock.advance(10_000)
    await heir.holds(2)
    revoking.open()
    await heir.holds(1)
    await until(() => stuck.calls.length === 4, 'the other one is back')
    expect(stuck.calls.slice(1)).toEqual(['revoked t/1', 'lost t/0', 'assigned t/0'])
    await stuck.close()
    await heir.close()
  })

  it('waits for a member that is away less than the session timeout, and for a broker that is', async () => {
    await using cluster = await Cluster.with('t', 2, { sessionTimeoutMs: 10_000 })
    const { faults } = cluster.broker
    const first = await cluster.member('a', { topics: ['t'] })
    const second = await cluster.member('b', { topics: ['t'] })
    await second.holds(1)
    const calls = [...first.calls, ...second.calls]
    faults.freeze('a')
    faults.disconnect('b')
    cluster.clock.advance(9_999)
    faults.thaw('a')
    faults.reconnect('b')
    await settle()
    faults.down()
    cluster.clock.advance(100_000)
    faults.up()
    await settle()
    expect([...first.calls, ...second.calls]).toEqual(calls)
    faults.disconnect('a')
    cluster.clock.advance(10_000)
    await second.holds(2)
    await second.close()
  })

  it('keeps the place of a static member that closes and comes back in time', async () => {
    await using cluster = await Cluster.with('t', 2, { sessionTimeoutMs: 10_000 })
    const stays = await cluster.member('a', { topics: ['t'], instanceId: 'one' })
    const goes = await cluster.member('b', { topics: ['t'], instanceId: 'two' })
    await until(() => stays.held.size === 1 && goes.held.size === 1, 'they share')
    const calls = [...stays.calls]
    await goes.close()
    cluster.clock.advance(9_999)
    const back = await cluster.member('b', { topics: ['t'], instanceId: 'two' })
    await back.holds(1)
    expect([back.calls, stays.calls]).toEqual([['assigned t/1'], calls])
    await back.close()
    cluster.clock.advance(10_000)
    await stays.holds(2)
    await stays.close()
  })

  it('fences a static member when another one comes with its id', async () => {
    await using cluster = await Cluster.with('t', 2, { rebalance: 'eager' })
    const options = { topics: ['t'], instanceId: 'one' }
    const before = await cluster.member('a', options)
    await before.holds(2)
    const after = await cluster.member('b', options)
    await after.holds(2)
    await until(() => before.fault !== undefined, 'a poll fails')
    expect(before.fault).toMatchObject(fenced)
    await until(() => before.held.size === 0, 'it has lost everything')
    expect(before.calls.at(-1)).toBe('lost t/0 t/1')
    await expect(before.consumer.poll(1000)).rejects.toMatchObject(fenced)
    await before.close()
    await settle()
    expect(after.calls).toEqual(['assigned t/0 t/1'])
    await after.close()
  })

  it('passes on a partition only when it has heard that it is free', async () => {
    await using cluster = await Cluster.with('t', 2)
    const first = await cluster.member('a', { topics: ['t'] })
    await first.holds(2)
    const held = cluster.broker.faults.hold({ operation: 'heartbeat', clientId: 'a' }, 'request')
    const second = await cluster.member('b', { topics: ['t'] })
    await held.met()
    await settle()
    expect([first.held.size, second.calls]).toEqual([1, []])
    held.end()
    await second.holds(1)
    await first.close()
    await second.close()
  })

  it('fails the next poll with what a listener was rejected with', async () => {
    await using cluster = await Cluster.with('t', 1)
    const error = new Error('no')
    const consumer = await cluster.transport.groupConsumer(
      {
        group: 'g',
        topics: ['t'],
        isolation: 'read_committed',
        listener: {
          assigned: async () => Promise.reject(error),
          revoked: async () => {},
          lost: async () => {},
        },
      },
      cluster.context('a'),
    )
    await expect(consumer.poll(1000)).rejects.toBe(error)
    await consumer.close()
  })

  it('wants to be told where to start each partition', async () => {
    await using cluster = await Cluster.with('t', 1)
    const listener = { assigned: async () => [], revoked: async () => {}, lost: async () => {} }
    const consumer = await cluster.transport.groupConsumer(
      { group: 'g', topics: ['t'], isolation: 'read_committed', listener },
      cluster.context('a'),
    )
    await expect(consumer.poll(1000)).rejects.toMatchObject({ details: { reason: 'NO_OFFSET' } })
    await consumer.close()
  })

  it('leaves no timer behind', async () => {
    await using cluster = await Cluster.with('t', 2)
    const first = await cluster.member('a', { topics: ['t'] })
    const second = await cluster.member('b', { topics: ['t'] })
    await second.holds(1)
    await first.close()
    await second.holds(2)
    const poll = watched(second.consumer.poll(1000))
    await expect(poll.promise).rejects.toMatchObject({ details: { reason: 'POLL_UNDER_WAY' } })
    await second.close()
    expect(cluster.clock.pending).toBe(0)
  })
})

import { int64, string } from '@goka/codecs'
import { defineGroup, fnv1a, type ProcessorOptions, stream, table } from '@goka/core'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { eventually, inTime, settle } from '../waiting.ts'

const input = stream('input', string)
const profiles = table('profiles', string)

/** One key of each partition. */
const keys = [0, 1].map((partition) => {
  for (let index = 0; ; index++) {
    const key = `key-${index}`
    if (fnv1a.partition(key, 2) === partition) return key
  }
})

describe.each(['at-least-once', 'exactly-once'] as const)('an instance, %s', (guarantee) => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('input', 2)
    await cluster.createTable('profiles', 2)
  })
  afterEach(() => cluster.close())

  const group = defineGroup('group')
    .persist(int64)
    .join(profiles)
    .input(input, (ctx) => ctx.setValue((ctx.value() ?? 0n) + 1n))

  const start = (clientId: string, options: ProcessorOptions = {}) =>
    cluster.start(group, { guarantee, ...options }, cluster.goka({ clientId }))
  type Runner = ReturnType<typeof start>['runner']

  const emit = () =>
    cluster.produce(
      'input',
      keys.map((key) => ({ key, value: 'v' })),
    )
  const counted = async (count: number): Promise<void> => {
    const all = Object.fromEntries([...keys].sort().map((key) => [key, `${count}`]))
    await eventually(async () => {
      expect(await cluster.table('group-table')).toEqual(all)
      return true
    })
  }
  const shared = (one: Runner, two: Runner) =>
    eventually(() => one.partitions.length === 1 && two.partitions.length === 1)
  const upToDate = (runner: Runner, count: number) =>
    eventually(() => {
      const { standbys } = runner.report()
      expect(standbys.map(({ lag }) => lag)).toEqual(Array(count).fill(0))
      return true
    })

  it('that is a standby keeps the tables of all partitions, group table and join, and others only their own', async () => {
    const one = start('one').runner
    const two = start('two', { standby: 'all' }).runner
    await shared(one, two)
    await cluster.produce(
      'profiles',
      keys.map((key) => ({ key, value: `profile of ${key}` })),
    )
    await emit()
    await counted(1)
    expect(one.report().standbys).toEqual([])
    expect(one.report().partitions.flatMap(({ tables }) => tables)).toHaveLength(2)
    const [own] = two.partitions as [number]
    await eventually(() => {
      const { standbys } = two.report()
      expect(
        standbys.map(({ topic, partition, role, recordsRead, lag }) => {
          return { topic, partition, role, recordsRead, lag }
        }),
      ).toEqual([
        { topic: 'group-table', partition: 1 - own, role: 'table', recordsRead: 1, lag: 0 },
        { topic: 'profiles', partition: 1 - own, role: 'join', recordsRead: 1, lag: 0 },
      ])
      return true
    })
  })

  it('that is a standby takes a partition over without reading its table', async () => {
    const one = start('one').runner
    const two = start('two', { standby: 'all' }).runner
    await shared(one, two)
    for (let count = 1; count <= 3; count++) {
      await emit()
      await counted(count)
    }
    await upToDate(two, 2)
    const clientId = 'two-processor-group'
    const held = cluster.broker.faults.hold(
      { operation: 'fetch', topic: 'group-table', clientId, times: 1_000 },
      'answer',
    )
    await inTime(one.stop(), 'the stop')
    await eventually(() => two.partitions.length === 2)
    for (const key of keys) expect(await two.get(key)).toBe(3n)
    held.end()
    await emit()
    await counted(4)
  })

  it('that is a standby keeps following a partition that it gives away again', async () => {
    const two = start('two', { standby: 'all' }).runner
    await eventually(() => two.partitions.length === 2)
    await emit()
    await counted(1)
    const one = start('one').runner
    await shared(one, two)
    await emit()
    await counted(2)
    await upToDate(two, 2)
    await inTime(one.stop(), 'the stop')
    await eventually(() => two.partitions.length === 2)
    for (const key of keys) expect(await two.get(key)).toBe(2n)
    await emit()
    await counted(3)
  })

  it('whose standbys are not up to date yet processes its own partitions meanwhile', async () => {
    const one = start('one').runner
    await eventually(() => one.partitions.length === 2)
    await emit()
    await counted(1)
    const clientId = 'two-processor-group'
    const held = [0, 1].map((partition) =>
      cluster.broker.faults.hold(
        { operation: 'fetch', topic: 'profiles', partition, clientId, times: 1_000 },
        'request',
      ),
    )
    await cluster.produce(
      'profiles',
      keys.map((key) => ({ key, value: 'v' })),
    )
    const two = start('two', { standby: 'all' }).runner
    await eventually(() => two.report().partitions.length === 1)
    const own = two.report().partitions[0]?.partition as number
    held[own]?.end()
    await eventually(() => two.partitions.length === 1)
    expect(cluster.log.find('info', 'the standby of the partition')).toEqual([])
    // What is on its way is reported with how far it is.
    expect(two.report().standbys).toEqual([
      expect.objectContaining({ topic: 'group-table', partition: 1 - own, role: 'table', lag: 0 }),
      expect.objectContaining({
        topic: 'profiles',
        partition: 1 - own,
        role: 'join',
        start: 0,
        position: 0,
        end: 1,
        lag: 1,
      }),
    ])
    held[1 - own]?.end()
    await upToDate(two, 2)
  })

  it('that recovers ahead joins the group with all tables recovered', async () => {
    const one = start('one').runner
    await eventually(() => one.partitions.length === 2)
    await emit()
    await counted(1)
    const clientId = 'two-processor-group'
    const held = cluster.broker.faults.hold(
      { operation: 'fetch', topic: 'group-table', clientId, times: 1_000 },
      'request',
    )
    const two = start('two', { recoverAhead: true }).runner
    await inTime(held.met(), 'the first read')
    await settle()
    // It is no member yet: the other has all partitions.
    expect(two.state.current).toBe('starting')
    expect(one.partitions).toEqual([0, 1])
    held.end()
    await shared(one, two)
    expect(two.report().standbys).toEqual([])
    const tables = two.report().partitions.flatMap((partition) => partition.tables)
    expect(tables.map(({ topic, recordsRead }) => [topic, recordsRead])).toEqual([
      ['group-table', 1],
      ['profiles', 0],
    ])
    await emit()
    await counted(2)
  })

  it('that recovers ahead and is a standby has the tables of a partition that it does not own', async () => {
    await cluster.produce('profiles', [{ key: keys[0] as string, value: 'first' }])
    const one = start('one', { standby: 'all', recoverAhead: true }).runner
    const two = start('two', { standby: 'all', recoverAhead: true }).runner
    await shared(one, two)
    await emit()
    await counted(1)
    for (const runner of [one, two]) await upToDate(runner, 2)
    await inTime(one.stop(), 'the stop')
    await eventually(() => two.partitions.length === 2)
    for (const key of keys) expect(await two.get(key)).toBe(1n)
  })
})

import { integer, string } from '@goka/codecs'
import { defineGroup, type ErrorPolicy, type ProcessorOptions, stream, table } from '@goka/core'
import { memory } from '@goka/storage-memory'
import { afterEach, describe, expect, it } from '@jest/globals'
import { Cluster, type Running } from '../cluster.ts'
import { laterStorage } from '../later-storage.ts'
import { eventually, Gate, inTime, Notes, settle } from '../waiting.ts'

const PARTITIONS = 6
const input = stream('input', string)
const output = stream('output', string)

const counter = defineGroup('group')
  .persist(integer)
  .output(output)
  .input(input, (ctx) => {
    const count = (ctx.value() ?? 0) + 1
    ctx.setValue(count)
    ctx.emit(output, ctx.key, `${count}`)
  })

const slowCounter = defineGroup('group')
  .persist(integer)
  .output(output)
  .input(input, async (ctx) => {
    await new Promise((resolve) => setImmediate(resolve))
    const count = (ctx.value() ?? 0) + 1
    ctx.setValue(count)
    ctx.emit(output, ctx.key, `${count}`)
  })

let cluster: Cluster
afterEach(() => cluster.close())

async function makeCluster(rebalance: 'incremental' | 'eager'): Promise<void> {
  cluster = new Cluster({ rebalance, fetchMaxBytes: 2_000 })
  await cluster.createTopic('input', PARTITIONS)
  await cluster.createTopic('output', PARTITIONS)
}

const committedRecords = async (): Promise<number> =>
  Object.values(await cluster.committed('group')).reduce((sum, offset) => sum + offset, 0)

const partitionsOf = (
  ...instances: readonly Running<{ readonly partitions: readonly number[] }>[]
) => instances.flatMap(({ runner }) => runner.partitions).sort((a, b) => a - b)

const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition)

const cases = (['incremental', 'eager'] as const).flatMap((rebalance) =>
  (['at-least-once', 'exactly-once'] as const).flatMap((guarantee) =>
    (['none', 'all'] as const).map((standby) => ({ rebalance, guarantee, standby })),
  ),
)

describe.each(cases)('instances that come and go: %j', ({ rebalance, ...options }) => {
  const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`)
  const produce = () =>
    cluster.produce(
      'input',
      keys.map((key) => ({ key, value: 'v' })),
    )

  it.each([
    ['at once', counter, 1],
    ['later, one by one', slowCounter, 1],
    ['later, side by side', slowCounter, 4],
  ])('count each record once, with callbacks that end %s', async (_how, group, concurrency) => {
    await makeCluster(rebalance)
    const settings: ProcessorOptions = { ...options, concurrency, commitIntervalMs: 1 }
    const start = (later: boolean) =>
      cluster.start(
        group,
        settings,
        cluster.goka({ storage: later ? laterStorage(memory()) : memory() }),
      )
    const running = [start(false)]
    let rounds = 0
    const produceSome = async (): Promise<void> => {
      for (let count = 0; count < 4; count++, rounds++) await produce()
    }
    await produceSome()
    for (let step = 0; step < 6; step++) {
      running.push(start(step % 2 === 0))
      await produceSome()
      if (step % 3 === 2) {
        const leaving = running.splice(0, 2)
        await Promise.all(leaving.map(({ runner }) => inTime(runner.stop(), 'the stop')))
        await Promise.all(leaving.map(({ run }) => inTime(run, 'the run')))
        await produceSome()
      }
    }
    await eventually(async () => (await committedRecords()) === rounds * keys.length)
    await eventually(() => partitionsOf(...running).join() === ALL.join())
    expect(await cluster.table('group-table')).toEqual(
      Object.fromEntries([...keys].sort().map((key) => [key, `${rounds}`])),
    )
    const counts = Array.from({ length: rounds }, (_, index) => `${index + 1}`)
    const found = await cluster.records('output')
    for (const key of keys) {
      expect(found.filter((record) => record.key === key).map(({ value }) => value)).toEqual(counts)
    }
    for (const { runner } of running) {
      for (const key of keys) {
        const value = await runner.get(key).catch(() => rounds)
        expect([key, value]).toEqual([key, rounds])
      }
    }
  })
})

describe('a rebalance', () => {
  it('keeps the partitions that stay open, and they go on meanwhile', async () => {
    await makeCluster('incremental')
    const gate = new Gate()
    const seen = new Notes<string>()
    const group = defineGroup('group')
      .persist(integer)
      .input(input, async (ctx, message) => {
        if (message === 'wait') await gate.promise
        seen.add(`${ctx.partition} ${message}`)
      })
    await cluster.started(group, PARTITIONS)
    // The last partition goes to the next instance, and its callback takes its time.
    await cluster.produce('input', [{ key: 'x', value: 'wait', partition: PARTITIONS - 1 }])
    const two = cluster.start(group)
    await settle()
    await cluster.produce('input', [{ key: 'y', value: 'on', partition: 0 }])
    expect(await seen.until(1)).toEqual(['0 on'])
    gate.open()
    await eventually(() => two.runner.partitions.length === PARTITIONS / 2)
    expect(seen.items).toContain(`${PARTITIONS - 1} wait`)
    expect((await cluster.committed('group'))[`input/${PARTITIONS - 1}`]).toBe(1)
  })

  it('gives a partition away after the drain timeout, without what is not done', async () => {
    await makeCluster('incremental')
    const never = new Gate()
    const seen = new Notes<string>()
    let first = true
    const group = defineGroup('group')
      .persist(integer)
      .input(input, async (ctx) => {
        seen.add(`${ctx.partition}`)
        const wait = first
        first = false
        if (wait) await never.promise
        ctx.setValue((ctx.value() ?? 0) + 1)
      })
    const one = await cluster.started(group, PARTITIONS, { drainTimeoutMs: 30 })
    await cluster.produce('input', [{ key: 'x', value: 'v', partition: PARTITIONS - 1 }])
    await seen.until(1)
    const two = cluster.start(group)
    await seen.until(2)
    await eventually(
      async () => (await cluster.committed('group'))[`input/${PARTITIONS - 1}`] === 1,
    )
    never.open()
    await settle()
    expect(await cluster.table('group-table')).toEqual({ x: '1' })
    expect(partitionsOf(one, two)).toEqual(ALL)
  })

  it('tells the callbacks of a partition that goes, by their signal, when their time is over', async () => {
    await makeCluster('incremental')
    const aborted = new Notes<number>()
    const begun = new Gate()
    const group = defineGroup('group').input(input, async (ctx) => {
      begun.open()
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
      aborted.add(ctx.partition)
    })
    await cluster.started(group, PARTITIONS, { drainTimeoutMs: 30 })
    await cluster.produce('input', [{ key: 'x', value: 'v', partition: PARTITIONS - 1 }])
    await begun.promise
    cluster.start(group)
    expect((await aborted.until(1))[0]).toBe(PARTITIONS - 1)
  })

  it('leaves what was joined to callbacks whose partition has gone', async () => {
    await makeCluster('incremental')
    await cluster.createTable('profiles', PARTITIONS)
    const profiles = table('profiles', string)
    await cluster.produce('profiles', [{ key: 'x', value: 'Xenia', partition: PARTITIONS - 1 }])
    const gone = new Gate()
    const joined = new Notes<string | undefined>()
    let first = true
    const group = defineGroup('group')
      .join(profiles)
      .input(input, async (ctx) => {
        const wait = first
        first = false
        if (wait) await gone.promise
        joined.add(ctx.join(profiles))
      })
    const goka = cluster.goka({ storage: laterStorage(memory()) })
    await cluster.started(group, PARTITIONS, { drainTimeoutMs: 30 }, goka)
    await cluster.produce('input', [{ key: 'x', value: 'v', partition: PARTITIONS - 1 }])
    await eventually(() => !first)
    cluster.start(group)
    await joined.until(1)
    gone.open()
    expect(await joined.until(2)).toEqual(['Xenia', 'Xenia'])
  })

  it.each<ErrorPolicy>(['fail', 'skip', { deadLetter: 'dead' }, { retry: { initialMs: 1 } }])(
    'leaves the record of a callback that fails after its partition has gone to the next owner: %j',
    async (onError) => {
      await makeCluster('incremental')
      await cluster.createTopic('dead', 1)
      const failed = new Notes<string>()
      let first = true
      const group = defineGroup('group').input(input, async (ctx, message) => {
        const fails = first
        first = false
        if (fails) {
          await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
          failed.add(message)
          throw new Error('oops')
        }
      })
      const one = await cluster.started(group, PARTITIONS, { drainTimeoutMs: 30, onError })
      await cluster.produce('input', [{ key: 'x', value: 'v', partition: PARTITIONS - 1 }])
      await eventually(() => !first)
      cluster.start(group, { onError })
      await failed.until(1)
      await eventually(
        async () => (await cluster.committed('group'))[`input/${PARTITIONS - 1}`] === 1,
      )
      await settle()
      expect(one.runner.partitions).toHaveLength(PARTITIONS / 2)
      expect(await cluster.records('dead')).toEqual([])
      expect(cluster.log.find('warn', 'the record failed')).toEqual([])
    },
  )

  it('does not end an instance whose deferred commit fails after its partition has gone', async () => {
    await makeCluster('incremental')
    const deferred = new Notes<(error?: unknown) => void>()
    const group = defineGroup('group').input(input, (ctx) => {
      const done = ctx.deferCommit()
      if (deferred.items.length > 0) done()
      deferred.add(done)
    })
    const one = await cluster.started(group, PARTITIONS, { drainTimeoutMs: 30 })
    await cluster.produce('input', [{ key: 'x', value: 'v', partition: PARTITIONS - 1 }])
    await deferred.until(1)
    cluster.start(group)
    const [first] = await deferred.until(2)
    first?.(new Error('oops'))
    await settle()
    expect(one.runner.partitions).toHaveLength(PARTITIONS / 2)
  })

  it('reads a table again from where a standby is, not from its start', async () => {
    await makeCluster('incremental')
    const one = await cluster.started(counter, PARTITIONS, { standby: 'all' })
    const two = cluster.start(counter, { standby: 'all' })
    await eventually(() => partitionsOf(two).length === PARTITIONS / 2)
    const keys = Array.from({ length: 200 }, (_, index) => ({ key: `key-${index}`, value: 'v' }))
    await cluster.produce('input', keys)
    await eventually(async () => (await committedRecords()) === keys.length)
    const read = (): number =>
      two.runner
        .report()
        .standbys.reduce((sum, { recordsRead, lag }) => (lag === 0 ? sum + recordsRead : 0), 0)
    await eventually(() => {
      const { standbys } = two.runner.report()
      return (
        standbys.length === PARTITIONS / 2 && standbys.every(({ lag }) => lag === 0) && read() > 0
      )
    })
    const fromStandbys = read()
    await one.runner.stop()
    await eventually(() => partitionsOf(two).length === PARTITIONS)
    const { partitions } = two.runner.report()
    const all = partitions
      .flatMap(({ tables }) => tables)
      .reduce((sum, { recordsRead }) => sum + recordsRead, 0)
    expect(all).toBe(fromStandbys)
    for (const { key } of keys) expect(await two.runner.get(key)).toBe(1)
  })

  it('takes no partition before all tables are recovered, if that is wished', async () => {
    await makeCluster('incremental')
    const one = await cluster.started(counter, PARTITIONS)
    const keys = Array.from({ length: 200 }, (_, index) => ({ key: `key-${index}`, value: 'v' }))
    await cluster.produce('input', keys)
    await eventually(async () => (await committedRecords()) === keys.length)
    const fault = cluster.broker.faults.hold(
      { operation: 'fetch', topic: 'group-table' },
      'request',
    )
    const two = cluster.start(counter, { recoverAhead: true })
    await inTime(fault.met(), 'the recovery')
    await settle()
    expect(one.runner.partitions).toEqual(ALL)
    fault.end()
    await eventually(() => partitionsOf(two).length === PARTITIONS / 2)
    expect(partitionsOf(one, two)).toEqual(ALL)
  })
})

import { int64, string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { eventually, Gate, inTime, Notes, rejection, settle } from '../waiting.ts'

const input = stream('input', string)
const output = stream('output', string)
const KEYS = 1_300

describe.each(['at-least-once', 'exactly-once'] as const)('a visit, %s', (guarantee) => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('input', 4)
    await cluster.createTopic('output', 4)
  })
  afterEach(() => cluster.close())

  const base = defineGroup('group')
    .persist(int64)
    .output(output)
    .input(input, (ctx) => ctx.setValue((ctx.value() ?? 0n) + 1n))

  async function fill(count = KEYS): Promise<void> {
    const records = Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: 'v' }))
    await cluster.produce('input', records)
    await eventually(async () => {
      const committed = Object.values(await cluster.committed('group'))
      return committed.reduce((sum, offset) => sum + offset, 0) === count
    })
  }

  it('calls the visitor once for each key, with the message, and resolves when all is committed', async () => {
    const visited = new Notes<string>()
    const group = base.visitor('add', (ctx, by: bigint) => {
      visited.add(`${ctx.topic} ${ctx.key} ${ctx.offset}`)
      ctx.setValue((ctx.value() ?? 0n) + by)
      ctx.emit(output, ctx.key, `${by}`)
    })
    const { runner } = await cluster.started(group, 4, { guarantee, commitIntervalMs: 50 })
    await fill()
    const before = await cluster.committed('group')
    expect(await inTime(runner.visitAll('add', 10n), 'the visit')).toBe(KEYS)
    // Committed: seen at once by who reads the topics.
    expect(new Set(Object.values(await cluster.table('group-table')))).toEqual(new Set(['11']))
    expect(await cluster.lines('output')).toHaveLength(KEYS)
    expect(new Set(visited.items).size).toBe(KEYS)
    expect(visited.items).toHaveLength(KEYS)
    expect(visited.items).toContain('add k7 -1')
    // The positions of the inputs are none of a visit's business.
    expect(await cluster.committed('group')).toEqual(before)
  })

  it('sees what records before it have written, committed or not', async () => {
    const values: (bigint | undefined)[] = []
    const seen = new Notes<number>()
    const group = defineGroup('group')
      .persist(int64)
      .input(input, (ctx) => {
        ctx.setValue(5n)
        seen.add(1)
      })
      .visitor('look', (ctx) => void values.push(ctx.value()))
    const { runner } = await cluster.started(group, 4, { guarantee, commitIntervalMs: 3_600_000 })
    await cluster.produce('input', [{ key: 'a', value: 'v' }])
    await seen.until(1)
    expect(await inTime(runner.visitAll('look'), 'the visit')).toBe(1)
    expect(values).toEqual([5n])
  })

  it('of an empty table visits nothing', async () => {
    const group = base.visitor('look', () => {})
    const { runner } = await cluster.started(group, 4, { guarantee })
    expect(await inTime(runner.visitAll('look'), 'the visit')).toBe(0)
  })

  it('goes in turn with the records of a partition', async () => {
    let underway = 0
    let most = 0
    const wait = async (): Promise<void> => {
      most = Math.max(most, ++underway)
      await Promise.resolve()
      underway--
    }
    const group = defineGroup('group')
      .persist(int64)
      .input(stream('input', string), async (ctx) => {
        ctx.setValue((ctx.value() ?? 0n) + 1n)
        if (ctx.partition === 0) await wait()
      })
      .visitor('raise', async (ctx) => {
        ctx.setValue((ctx.value() ?? 0n) + 100n)
        if (ctx.partition === 0) await wait()
      })
    const { runner } = await cluster.started(group, 4, { guarantee })
    await fill(200)
    const visiting = runner.visitAll('raise')
    await fill(200).catch(() => {})
    expect(await inTime(visiting, 'the visit')).toBe(200)
    expect(most).toBe(1)
  })

  it('waits for slow callbacks beside it, whose commit is its own', async () => {
    const gate = new Gate()
    const begun = new Notes<string>()
    const visited = new Notes<string>()
    const group = defineGroup('group')
      .persist(int64)
      .input(input, async (ctx, message) => {
        ctx.setValue((ctx.value() ?? 0n) + 1n)
        if (message !== 'wait') return
        begun.add(ctx.key)
        await gate.promise
      })
      .visitor('add', (ctx, by: bigint) => {
        visited.add(ctx.key)
        ctx.setValue((ctx.value() ?? 0n) + by)
      })
    const options = { guarantee, concurrency: 2, commitIntervalMs: 5, drainTimeoutMs: 0 }
    const { runner } = await cluster.started(group, 4, options)
    await fill(8)
    await cluster.produce('input', [{ key: 'slow', value: 'wait' }])
    await begun.until(1)
    let resolved = false
    const visit = runner.visitAll('add', 10n).then((count) => {
      resolved = true
      return count
    })
    await visited.until(8)
    // The other partitions are committed meanwhile.
    await eventually(async () => Object.values(await cluster.table('group-table')).includes('11'))
    await settle()
    expect(resolved).toBe(false)
    gate.open()
    expect(await inTime(visit, 'the visit')).toBe(8)
    const { slow, ...others } = await cluster.table('group-table')
    expect(new Set(Object.values(others))).toEqual(new Set(['11']))
    expect(slow).toBe('1')
  })

  it('that nobody has declared is refused by name', async () => {
    const { runner } = await cluster.started(base, 4, { guarantee })
    expect(await rejection(runner.visitAll('nothing'))).toMatchObject({
      code: 'GOKA_GRAPH_INVALID',
      details: { group: 'group' },
    })
  })

  it('is refused before the processor runs and after it has stopped', async () => {
    const group = base.visitor('look', () => {})
    const runner = cluster.processor(group, { guarantee })
    const notReady = { code: 'GOKA_PROCESSOR_NOT_READY', details: { group: 'group' } }
    expect(await rejection(runner.visitAll('look'))).toMatchObject(notReady)
    await runner.stop()
    expect(await rejection(runner.visitAll('look'))).toMatchObject(notReady)
  })

  it('whose visitor fails ends with that error, and so does the processor', async () => {
    const group = base.visitor('fail', (ctx) => {
      ctx.setValue(99n)
      if (ctx.key === 'k3') throw new Error('oops')
    })
    const { run, runner } = await cluster.started(group, 4, { guarantee })
    await fill(8)
    const before = await cluster.committed('group')
    const callbackError = {
      code: 'GOKA_PROCESSOR_CALLBACK',
      details: { topic: 'fail', key: 'k3' },
    }
    const visit = rejection(runner.visitAll('fail'))
    expect(await rejection(run)).toMatchObject(callbackError)
    expect(await visit).toMatchObject(callbackError)
    expect(await cluster.committed('group')).toEqual(before)
    expect((await cluster.table('group-table'))['k3']).toBe('1')
  })

  it('whose visitor fails later ends, too', async () => {
    const group = base.visitor('fail', async (ctx) => {
      await Promise.resolve()
      if (ctx.key === 'k3') throw new Error('oops')
    })
    const { run, runner } = await cluster.started(group, 4, { guarantee })
    await fill(8)
    const visit = rejection(runner.visitAll('fail'))
    expect(await rejection(run)).toMatchObject({ code: 'GOKA_PROCESSOR_CALLBACK' })
    expect(await visit).toMatchObject({ code: 'GOKA_PROCESSOR_CALLBACK' })
  })

  it('goes on after a key that the policy skips', async () => {
    const group = base.visitor('fail', (ctx) => {
      if (ctx.key === 'k3') throw new Error('oops')
      ctx.setValue(9n)
    })
    const { runner } = await cluster.started(group, 4, { guarantee, onError: 'skip' })
    await fill(5)
    expect(await inTime(runner.visitAll('fail'), 'the visit')).toBe(5)
    expect(await cluster.table('group-table')).toEqual({
      k0: '9',
      k1: '9',
      k2: '9',
      k3: '1',
      k4: '9',
    })
  })

  it('is aborted by a stop, also while a visitor is under way', async () => {
    const gate = new Gate()
    const begun = new Notes<string>()
    const group = base.visitor('wait', async (ctx) => {
      begun.add(ctx.key)
      await gate.promise
    })
    const { runner } = await cluster.started(group, 4, { guarantee, drainTimeoutMs: 20 })
    await fill(40)
    const visit = rejection(runner.visitAll('wait'))
    await begun.until(1)
    await inTime(runner.stop(), 'the stop')
    expect(await visit).toMatchObject({ code: 'GOKA_VISIT_ABORTED', details: { group: 'group' } })
    gate.open()
  })

  it('is aborted when a partition goes to another instance', async () => {
    const gate = new Gate()
    const begun = new Notes<string>()
    const group = base.visitor('wait', async (ctx) => {
      begun.add(ctx.key)
      await gate.promise
    })
    const { runner } = await cluster.started(group, 4, { guarantee })
    await fill(40)
    const visit = rejection(runner.visitAll('wait'))
    await begun.until(4)
    const other = cluster.start(group, { guarantee })
    await settle()
    gate.open()
    expect(await visit).toMatchObject({ code: 'GOKA_VISIT_ABORTED' })
    await eventually(() => other.runner.partitions.length === 2)
    expect(runner.partitions).toHaveLength(2)
    // What is left here can be visited again; nothing of the first visit goes on.
    const again = await inTime(runner.visitAll('wait'), 'the second visit')
    const there = await inTime(other.runner.visitAll('wait'), 'the visit of the other')
    expect(again + there).toBe(40)
  })

  it('ends with the reason of its signal, and the visits that wait are not made', async () => {
    const abort = new AbortController()
    const begun = new Notes<string>()
    const group = base.visitor('abort', (ctx) => {
      begun.add(ctx.key)
      if (begun.items.length === 1) abort.abort(new Error('enough'))
    })
    const { runner } = await cluster.started(group, 4, { guarantee })
    await fill()
    const error = await rejection(runner.visitAll('abort', undefined, { signal: abort.signal }))
    expect((error as Error).message).toBe('enough')
    await settle()
    expect(begun.items.length).toBeLessThan(KEYS)
    const after = begun.items.length
    await settle()
    expect(begun.items).toHaveLength(after)
    expect(runner.state.current).toBe('running')
  })
})

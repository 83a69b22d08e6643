import { int64, string } from '@goka/codecs'
import { defineGroup, type ProcessorState, stream } from '@goka/core'
import type { Fault } from '@goka/kafka-embedded'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { ManualClock } from '../manual-clock.ts'
import { eventually, Gate, inTime, Notes, rejection, settle } from '../waiting.ts'

const input = stream('input', string)
const counter = defineGroup('group')
  .persist(int64)
  .input(input, (ctx) => ctx.setValue((ctx.value() ?? 0n) + 1n))

describe('the life of a processor', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('input', 2)
  })
  afterEach(() => cluster.close())

  it('is idle, starting, running, stopping, stopped', async () => {
    const runner = cluster.processor(counter)
    const states: ProcessorState[] = [runner.state.current]
    runner.state.onChange((state) => states.push(state))
    const run = runner.run()
    await runner.state.until('running')
    await runner.stop()
    await inTime(run, 'the end of the run')
    expect(states).toEqual(['idle', 'starting', 'running', 'stopping', 'stopped'])
  })

  it('is lived once: a second run is refused, also after the end', async () => {
    const runner = cluster.processor(counter)
    const run = runner.run()
    expect(await rejection(runner.run())).toMatchObject({
      code: 'GOKA_RUN_TWICE',
      details: { name: 'group' },
    })
    await runner.stop()
    await run
    expect(await rejection(runner.run())).toMatchObject({ code: 'GOKA_RUN_TWICE' })
  })

  it('may end before it begins', async () => {
    const runner = cluster.processor(counter)
    await inTime(runner.stop(), 'the stop')
    expect(runner.state.current).toBe('stopped')
    expect(await rejection(runner.run())).toMatchObject({ code: 'GOKA_RUN_TWICE' })
  })

  it('ends at any moment of the start', async () => {
    for (let turns = 0; turns < 60; turns++) {
      const runner = cluster.processor(counter)
      const run = runner.run()
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
      await inTime(runner.stop(), `the stop after ${turns} turns`)
      await inTime(run, `the run after ${turns} turns`)
      expect(runner.state.current).toBe('stopped')
    }
  })

  /** Lets time pass until something is done; returns how long it took by the clock. */
  async function passTime(clock: ManualClock, done: Promise<unknown>): Promise<number> {
    const startMs = clock.now()
    let isDone = false
    const end = (): void => {
      isDone = true
    }
    done.then(end, end)
    while (clock.now() - startMs < 60_000) {
      await settle()
      if (isDone) break
      clock.advance(100)
    }
    return clock.now() - startMs
  }

  it('ends while nobody answers, without waiting for an answer', async () => {
    cluster.broker.faults.down()
    const clock = new ManualClock()
    const runner = cluster.processor(counter, {}, cluster.goka({ clock }))
    const run = runner.run()
    await settle()
    expect(runner.state.current).toBe('starting')
    expect(await passTime(clock, runner.stop())).toBe(0)
    await inTime(run, 'the run')
  })

  it.each([
    ['metadata', 0],
    ['admin', 0],
    ['connect', 0],
    ['committed', 0],
    ['fetch', 0],
    // A member that is on its way into the group says that it leaves; that is waited for a moment.
    ['join', 10_000],
  ] as const)('ends while it waits for an answer to "%s"', async (operation, withinMs) => {
    if (operation === 'fetch') {
      await cluster.createTable('group-table', 2)
      await cluster.produce('group-table', [{ key: 'a', value: '1' }])
    }
    const clock = new ManualClock()
    const fault = cluster.broker.faults.hold(
      { operation, clientId: 'goka-processor-group', times: 1_000 },
      'request',
    )
    const runner = cluster.processor(counter, {}, cluster.goka({ clock }))
    const run = runner.run()
    await inTime(fault.met(), 'the request')
    await settle()
    expect(await passTime(clock, runner.stop())).toBeLessThanOrEqual(withinMs)
    await inTime(run, 'the run')
    fault.end()
  })

  it.each(['none', 'all'] as const)(
    'ends while it waits for answers on the way of its partitions (standby: %s)',
    async (standby) => {
      await cluster.createTable('group-table', 2)
      await cluster.produce('group-table', [{ key: 'a', value: '1' }])
      const target = { operation: 'metadata', clientId: 'goka-processor-group' } as const
      // From the assignment on some questions are answered, and then none.
      for (let answered = 0; answered < 8; answered++) {
        const faults: Fault[] = []
        const assigned = new Gate()
        const { faults: inject } = cluster.broker
        const { runner, run } = cluster.start(counter, {
          standby,
          listener: {
            assigned: () => {
              if (answered > 0) faults.push(inject.delay({ ...target, times: answered }, 0))
              faults.push(inject.hold({ ...target, times: 1_000 }, 'request'))
              assigned.open()
            },
          },
        })
        await inTime(assigned.promise, 'the assignment')
        await settle()
        await inTime(runner.stop(), `the stop after ${answered} answers`)
        await inTime(run, 'the run')
        for (const fault of faults) fault.end()
      }
    },
  )

  it('ends when the broker goes away, within a bound, and without the commit', async () => {
    const clock = new ManualClock()
    const done = new Notes<number>()
    const group = defineGroup('group')
      .persist(int64)
      .input(input, (ctx) => {
        ctx.setValue(1n)
        done.add(1)
      })
    const options = { commitIntervalMs: 3_600_000, drainTimeoutMs: 1_000 }
    const { runner, run } = await cluster.started(group, 2, options, cluster.goka({ clock }))
    await cluster.produce('input', [{ key: 'a', value: 'v' }])
    await done.until(1)
    cluster.broker.faults.down()
    expect(await passTime(clock, runner.stop())).toBeLessThan(30_000)
    await inTime(run, 'the run')
    cluster.broker.faults.up()
    expect(await cluster.lines('group-table')).toEqual([])
    expect((await cluster.committed('group'))['input/0'] ?? 0).toBe(0)
  })

  it('ends with the signal that it was given', async () => {
    const abort = new AbortController()
    const runner = cluster.processor(counter)
    const run = runner.run({ signal: abort.signal })
    await runner.state.until('running')
    abort.abort()
    await inTime(run, 'the run')
    expect(runner.state.current).toBe('stopped')
  })

  it('does not begin with a signal that is aborted', async () => {
    const runner = cluster.processor(counter)
    await inTime(runner.run({ signal: AbortSignal.abort() }), 'the run')
    expect(runner.state.current).toBe('stopped')
    expect(await (await cluster.admin()).topics(['group-table'])).toEqual(new Map())
  })

  it('ends with its scope', async () => {
    const make = async () => {
      await using runner = cluster.processor(counter)
      void runner.run()
      await runner.state.until('running')
      return runner
    }
    expect((await make()).state.current).toBe('stopped')
  })

  it('ends after what is under way, and commits it', async () => {
    const gate = new Gate()
    const begun = new Notes<string>()
    const group = defineGroup('slow')
      .persist(string)
      .input(input, async (ctx, message) => {
        begun.add(message)
        await gate.promise
        ctx.setValue(message)
      })
    const { runner } = await cluster.started(group, 2)
    await cluster.produce('input', [
      { key: 'a', value: '1' },
      { key: 'a', value: '2' },
    ])
    await begun.until(1)
    const stopped = runner.stop()
    await settle()
    expect(runner.state.current).toBe('stopping')
    gate.open()
    await inTime(stopped, 'the stop')
    expect(begun.items).toEqual(['1'])
    expect(await cluster.table('slow-table')).toEqual({ a: '1' })
    expect(await cluster.committed('slow')).toMatchObject({ 'input/0': 1 })
  })

  it('may be ended by its own callback, which is committed', async () => {
    const group = defineGroup('ending')
      .persist(string)
      .input(input, (ctx, message) => {
        ctx.setValue(message)
        void runner.stop()
      })
    const { runner, run } = await cluster.started(group, 2)
    await cluster.produce('input', [
      { key: 'a', value: '1' },
      { key: 'a', value: '2' },
    ])
    await inTime(run, 'the run')
    const committed = (await cluster.committed('ending'))['input/0'] ?? 0
    expect(committed).toBeGreaterThan(0)
    expect(await cluster.table('ending-table')).toEqual({ a: `${committed}` })
  })

  it('ends with the error when a topic is missing', async () => {
    const group = defineGroup('lost').input(stream('missing', string), () => {})
    const runner = cluster.processor(group)
    expect(await rejection(runner.run())).toMatchObject({
      code: 'GOKA_TOPIC_UNKNOWN',
      details: { topic: 'missing' },
    })
    expect(runner.state.current).toBe('stopped')
    expect(cluster.log.find('error', 'failed')).toHaveLength(1)
  })

  it('reports itself at any moment of its end', async () => {
    const { runner, run } = await cluster.started(counter, 2, { standby: 'all' })
    await cluster.produce('input', [{ key: 'a', value: 'v' }])
    await eventually(async () => (await runner.get('a')) === 1n)
    const view = await cluster.view(counter.table)
    const stopped = Promise.all([runner.stop(), view.stop(), run])
    let isDone = false
    void stopped.then(() => {
      isDone = true
    })
    while (!isDone) {
      expect(runner.report().group).toBe('group')
      expect(view.report().length).toBeGreaterThanOrEqual(0)
      await Promise.resolve()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await stopped
  })
})

describe('the value of a key that a processor gives', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('input', 2)
  })
  afterEach(() => cluster.close())

  it('is what is committed', async () => {
    const { runner } = await cluster.started(counter, 2)
    await cluster.produce('input', [{ key: 'a', value: 'v' }])
    await eventually(async () => (await runner.get('a')) === 1n)
    expect(await runner.get('none')).toBeUndefined()
    expect(await cluster.table('group-table')).toEqual({ a: '1' })
  })

  it('is not there before the run, after it, and while the partition is elsewhere', async () => {
    const runner = cluster.processor(counter)
    const refused = (state: string, partition: number) => ({
      code: 'GOKA_PROCESSOR_NOT_READY',
      details: { group: 'group', partition, state },
    })
    expect(await rejection(runner.get('a'))).toMatchObject(refused('idle', -1))
    const run = runner.run()
    await eventually(() => runner.partitions.length === 2)
    const other = cluster.start(counter)
    await eventually(() => other.runner.partitions.length === 1)
    expect(other.runner.partitions).toEqual([1])
    expect(await runner.get('a')).toBeUndefined()
    expect(await rejection(other.runner.get('a'))).toMatchObject(refused('running', 0))
    expect(await other.runner.get('key1')).toBeUndefined()
    expect(await rejection(runner.get('key1'))).toMatchObject(refused('running', 1))
    await runner.stop()
    await run
    expect(await rejection(runner.get('a'))).toMatchObject(refused('stopped', -1))
  })

  it('is not there in a group without a table', async () => {
    const group = defineGroup('stateless').input(input, () => {})
    const { runner } = await cluster.started(group, 2)
    expect(await rejection(runner.get('a'))).toMatchObject({ code: 'GOKA_GRAPH_INVALID' })
  })
})

import { getEventListeners } from 'node:events'
import { int64, string } from '@goka/codecs'
import { defineGroup, Goka, stream, table } from '@goka/core'
import { type Clock, GokaError } from '@goka/interface'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from './cluster.ts'
import { eventually, Gate, inTime, rejection, settle } from './waiting.ts'

const input = stream('input', string)
const output = stream('output', string)
const prices = table('prices', int64)

const group = defineGroup('group')
  .persist(int64)
  .join(table('joined', int64))
  .lookup(prices)
  .output(output)
  .input(input, (ctx, message) => {
    if (message === 'bad') throw new Error('oops')
    ctx.setValue((ctx.value() ?? 0n) + 1n)
    ctx.emit(output, ctx.key, message)
  })

/** The machine's time, with a list of the timers that wait. */
class WatchedClock implements Clock {
  readonly waiting = new Map<object, number>()

  now(): number {
    return Date.now()
  }

  setTimeout(callback: () => void, delayMs: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.waiting.delete(timer)
      callback()
    }, delayMs).unref()
    this.waiting.set(timer, delayMs)
    return timer
  }

  clearTimeout(timer: unknown): void {
    this.waiting.delete(timer as object)
    clearTimeout(timer as NodeJS.Timeout)
  }
}

describe.each(['at-least-once', 'exactly-once'] as const)('what has ended, %s', (guarantee) => {
  let cluster: Cluster
  let clock: WatchedClock
  const unhandled: unknown[] = []
  const note = (error: unknown): void => {
    unhandled.push(error)
  }
  beforeEach(async () => {
    unhandled.length = 0
    process.on('unhandledRejection', note)
    clock = new WatchedClock()
    cluster = new Cluster({}, clock)
    await cluster.createTopic('input', 2)
    await cluster.createTopic('output', 2)
    await cluster.createTable('prices', 2)
    await cluster.createTable('joined', 2)
    await cluster.admin()
  })
  afterEach(async () => {
    await cluster.close()
    process.off('unhandledRejection', note)
  })

  /** What keeps the process alive, or would call back into it. */
  const resources = (): readonly string[] =>
    process.getActiveResourcesInfo().filter((name) => name !== 'Immediate')

  /** Does something, and sees that nothing of it is left: no timer, no handle, no rejection that nobody has seen. */
  async function leavesNothing(act: () => Promise<void>): Promise<void> {
    await settle()
    const before = countOf(resources())
    await act()
    await settle()
    expect(countOf(resources())).toEqual(before)
    expect([...clock.waiting.values()]).toEqual([])
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).toEqual([])
  }

  it('leaves nothing: a processor that is stopped', async () => {
    await leavesNothing(async () => {
      const { runner, run } = await cluster.started(group, 2, { guarantee })
      await cluster.produce('input', [{ key: 'a', value: 'v' }])
      await eventually(async () => (await runner.get('a')) === 1n)
      await runner.stop()
      await run
    })
  })

  it('leaves nothing: a processor that is stopped as it starts', async () => {
    await leavesNothing(async () => {
      for (let turns = 0; turns < 50; turns += 3) {
        const { runner, run } = cluster.start(group, { guarantee })
        for (let turn = 0; turn < turns; turn++) {
          await new Promise((resolve) => setImmediate(resolve))
        }
        await runner.stop()
        await run
      }
    })
  })

  it('leaves nothing: a processor that fails', async () => {
    await leavesNothing(async () => {
      const { run } = await cluster.started(group, 2, { guarantee })
      await cluster.produce('input', [{ key: 'a', value: 'bad' }])
      await rejection(run)
    })
  })

  it('leaves nothing: a processor whose callbacks end after it has', async () => {
    for (const value of ['good', 'bad']) {
      const gate = new Gate()
      const begun = new Gate()
      const slow = defineGroup(value)
        .persist(int64)
        .output(output)
        .input(input, async (ctx, message) => {
          begun.open()
          await gate.promise
          if (message === 'bad') throw new Error('oops')
          ctx.setValue(1n)
          ctx.emit(output, ctx.key, message)
        })
      await leavesNothing(async () => {
        const { runner, run } = await cluster.started(slow, 2, { guarantee, drainTimeoutMs: 5 })
        await cluster.produce('input', [{ key: 'a', value }])
        await begun.promise
        await settle()
        await runner.stop()
        await run
        gate.open()
      })
      expect(await cluster.lines(`${value}-table`)).toEqual([])
    }
  })

  it('leaves nothing: a processor with restarts and retries', async () => {
    let failures = 0
    const weak = defineGroup('weak').input(input, () => {
      if (failures++ < 3) throw new Error('oops')
    })
    await leavesNothing(async () => {
      const operation = guarantee === 'exactly-once' ? 'commit-transaction' : 'commit'
      cluster.broker.faults.lose({ operation, times: 2 }, 'answer', { retry: false })
      await cluster.produce('input', [{ key: 'a', value: 'v' }])
      const { runner, run } = cluster.start(weak, {
        guarantee,
        onError: { retry: { initialMs: 1 } },
        restart: { initialMs: 1, maxMs: 1 },
      })
      await eventually(async () => (await cluster.committed('weak'))['input/0'] === 1)
      await eventually(() => runner.report().restarts === 2 && runner.partitions.length === 2)
      await runner.stop()
      await run
    })
  })

  it('leaves nothing: processors that take partitions from each other', async () => {
    await leavesNothing(async () => {
      const one = await cluster.started(group, 2, { guarantee })
      const two = cluster.start(group, { guarantee })
      await eventually(() => two.runner.partitions.length === 1)
      const three = cluster.start(group, { guarantee, standby: 'all' })
      await eventually(() => three.runner.state.current === 'running')
      await one.runner.stop()
      await eventually(() => two.runner.partitions.length + three.runner.partitions.length === 2)
      await Promise.all([two.runner.stop(), three.runner.stop()])
      await Promise.all([one.run, two.run, three.run])
    })
  })

  it('leaves nothing: a processor that could not be reached', async () => {
    await leavesNothing(async () => {
      cluster.broker.faults.down()
      const goka = cluster.goka({ connectTimeoutMs: 1 })
      const { run } = cluster.start(
        group,
        { guarantee, restart: { initialMs: 1, giveUpAfterMs: 5 } },
        goka,
      )
      expect(await rejection(run)).toMatchObject({ code: 'GOKA_TRANSPORT_UNREACHABLE' })
      cluster.broker.faults.up()
    })
  })

  it('leaves nothing: a processor and a view that give up on a broker that went away', async () => {
    await leavesNothing(async () => {
      const restart = { initialMs: 1, giveUpAfterMs: 20 }
      const { run, runner } = await cluster.started(group, 2, { guarantee, restart })
      const view = cluster.goka().view(prices, { restart })
      const viewRun = view.run()
      await view.state.until('running')
      cluster.broker.faults.down()
      expect(await rejection(viewRun)).toMatchObject({ code: 'GOKA_TRANSPORT_UNREACHABLE' })
      await eventually(() => runner.report().partitions.length === 0)
      // Its clients would wait for a while for what they have sent.
      cluster.broker.faults.up()
      expect(await rejection(run)).toMatchObject({ code: 'GOKA_TRANSPORT_UNREACHABLE' })
    })
  })

  it('leaves nothing: a view with restarts', async () => {
    await leavesNothing(async () => {
      const fault = new GokaError('GOKA_TRANSPORT_FAILED', 'injected', {
        operation: 'test',
        retriable: true,
        reason: 'INJECTED',
      })
      const clientId = 'goka-view-prices'
      const injected = cluster.broker.faults.fail(
        { operation: 'metadata', clientId, times: 3 },
        fault,
      )
      const view = await cluster.view(prices, { restart: { initialMs: 1, maxMs: 1 } })
      expect(injected.hits).toBe(3)
      await view.stop()
    })
  })

  it('leaves nothing: an emitter that is closed while the broker is away', async () => {
    await leavesNothing(async () => {
      const emitter = cluster.goka().emitter(output)
      await emitter.emit('a', 'v')
      cluster.broker.faults.down()
      const emitted = emitter.emit('a', 'v')
      const closed = emitter.close()
      await settle()
      cluster.broker.faults.up()
      await inTime(closed, 'the close')
      expect(await emitted).toMatchObject({ offset: 1 })
    })
  })

  it('leaves nothing: listeners on the signals that it was given', async () => {
    const { signal } = new AbortController()
    const listeners = () => getEventListeners(signal, 'abort').length
    const visited = defineGroup('visited')
      .persist(int64)
      .input(input, (ctx) => ctx.setValue(1n))
      .visitor('touch', (ctx) => ctx.setValue(2n))
    await leavesNothing(async () => {
      const runner = cluster.processor(visited, { guarantee })
      const view = cluster.goka().view(prices)
      const runs = [runner.run({ signal }), view.run({ signal })]
      await cluster.produce('input', [{ key: 'a', value: 'v' }])
      await eventually(async () => (await cluster.table('visited-table'))['a'] === '1')
      expect(await runner.visitAll('touch', undefined, { signal })).toBe(1)
      await runner.state.until('running', signal)
      await view.state.until('running', signal)
      expect(listeners()).toBe(2)
      await Promise.all([runner.stop(), view.stop(), ...runs])
    })
    expect(listeners()).toBe(0)
  })

  it('leaves nothing: a view, a walk that was left, and an emitter', async () => {
    await leavesNothing(async () => {
      const view = await cluster.view(prices)
      const emitter = cluster.goka().emitter(stream('prices', int64))
      await Promise.all(['a', 'b', 'c'].map((key) => emitter.emit(key, 1n)))
      await eventually(async () => (await view.get('c')) === 1n)
      for await (const [key] of view.entries()) if (key === 'a') break
      await inTime(view.stop(), 'the stop')
      await emitter.close()
    })
  })

  it('leaves nothing: what was made and never used', async () => {
    await leavesNothing(async () => {
      const goka = new Goka({ transport: cluster.transport, storage: undefined as never })
      const emitter = goka.emitter(output)
      expect(emitter.topic).toBe('output')
      cluster.processor(group, { guarantee })
      cluster.goka().view(prices)
    })
  })
})

function countOf(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

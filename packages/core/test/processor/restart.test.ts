import { int64, string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { GokaError } from '@goka/interface'
import type { FaultTarget } from '@goka/kafka-embedded'
import { memory } from '@goka/storage-memory'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { ManualClock } from '../manual-clock.ts'
import { eventually, inTime, Notes, rejection, settle } from '../waiting.ts'

const input = stream('input', string)
const output = stream('output', string)
const RESTART = { initialMs: 1, maxMs: 2 }

const counter = defineGroup('group')
  .persist(int64)
  .output(output)
  .input(input, (ctx) => {
    const count = (ctx.value() ?? 0n) + 1n
    ctx.setValue(count)
    ctx.emit(output, ctx.key, `${count}`)
  })

function fault(retriable: boolean): GokaError {
  return new GokaError('GOKA_TRANSPORT_FAILED', 'injected', {
    operation: 'test',
    retriable,
    reason: 'INJECTED',
  })
}

describe.each(['at-least-once', 'exactly-once'] as const)(
  'faults of the broker, %s',
  (guarantee) => {
    let cluster: Cluster
    beforeEach(async () => {
      cluster = new Cluster()
      await cluster.createTopic('input', 2)
      await cluster.createTopic('output', 2)
    })
    afterEach(() => cluster.close())

    const clientId = 'goka-processor-group'
    const exactlyOnce = guarantee === 'exactly-once'
    const produce = (count: number) =>
      cluster.produce(
        'input',
        Array.from({ length: count }, (_, index) => ({ key: `k${index % 10}`, value: 'v' })),
      )
    const committedRecords = async () =>
      Object.values(await cluster.committed('group')).reduce((sum, offset) => sum + offset, 0)
    const sum = async () =>
      Object.values(await cluster.table('group-table')).reduce(
        (all, value) => all + Number(value),
        0,
      )

    /** Everything was counted; once only where that is promised. */
    async function expectCounted(count: number): Promise<void> {
      await eventually(async () => (await committedRecords()) === count)
      if (exactlyOnce) {
        expect(await sum()).toBe(count)
        expect(await cluster.lines('output')).toHaveLength(count)
      } else {
        expect(await sum()).toBeGreaterThanOrEqual(count)
        expect((await cluster.lines('output')).length).toBeGreaterThanOrEqual(count)
      }
    }

    it.each<FaultTarget>([
      { operation: 'metadata', clientId },
      { operation: 'admin', clientId },
      { operation: 'connect', clientId },
      { operation: 'join', clientId },
      { operation: 'committed', clientId },
      { operation: exactlyOnce ? 'commit-transaction' : 'commit', clientId },
      { operation: 'produce', topic: 'group-table', clientId },
      { operation: 'produce', topic: 'output', clientId },
      ...(exactlyOnce
        ? ([
            { operation: 'init-producer', clientId },
            { operation: 'begin-transaction', clientId },
            { operation: 'commit-transaction-offsets', clientId },
          ] as const)
        : []),
    ])('that may pass are ridden out by starting again: %p', async (target) => {
      const injected = cluster.broker.faults.fail(target, fault(true))
      await produce(100)
      const { runner } = cluster.start(counter, { guarantee, restart: RESTART })
      await expectCounted(100)
      expect(injected.hits).toBe(1)
      expect(runner.report().restarts).toBe(1)
      expect(runner.report().events.map(({ kind }) => kind)).toContain('fault')
      expect(cluster.log.find('warn', 'starts again')[0]?.facts).toMatchObject({
        group: 'group',
        err: { code: 'GOKA_TRANSPORT_FAILED' },
      })
      await produce(50)
      await expectCounted(150)
    })

    it('that do not pass end the run', async () => {
      cluster.broker.faults.fail({ operation: 'metadata', clientId }, fault(false))
      const { run, runner } = cluster.start(counter, { guarantee, restart: RESTART })
      expect(await rejection(run)).toMatchObject({ code: 'GOKA_TRANSPORT_FAILED' })
      expect(runner.report().restarts).toBe(0)
      expect(runner.state.current).toBe('stopped')
    })

    it('that last too long end the run, if that is wished', async () => {
      const clock = new ManualClock()
      cluster.broker.faults.fail({ operation: 'metadata', clientId, times: 1_000 }, fault(true))
      const { run, runner } = cluster.start(
        counter,
        { guarantee, restart: { initialMs: 1_000, maxMs: 1_000, giveUpAfterMs: 5_000 } },
        cluster.goka({ clock }),
      )
      for (let second = 0; second < 5; second++) {
        await eventually(() => runner.state.current === 'restarting')
        expect(runner.report().restarts).toBe(second + 1)
        clock.advance(1_000)
        await settle()
      }
      expect(await rejection(run)).toMatchObject({ code: 'GOKA_TRANSPORT_FAILED' })
      expect(runner.report().restarts).toBe(5)
    })

    it('end the run when the broker is away for too long, counted from when it was last there', async () => {
      const clock = new ManualClock()
      const { run, runner } = cluster.start(
        counter,
        { guarantee, restart: { ...RESTART, giveUpAfterMs: 5_000 } },
        cluster.goka({ clock }),
      )
      await eventually(() => runner.partitions.length === 2)
      const away = async (forMs: number): Promise<void> => {
        cluster.broker.faults.down()
        await settle()
        clock.advance(forMs)
        await settle()
      }
      for (let time = 0; time < 3; time++) {
        await away(4_999)
        cluster.broker.faults.up()
        await settle()
        clock.advance(4_999)
      }
      await settle()
      expect(runner.state.current).toBe('running')
      await away(4_999)
      expect(runner.state.current).toBe('running')
      clock.advance(1)
      await eventually(() => {
        clock.advance(100)
        return runner.state.current === 'stopped'
      })
      expect(await rejection(run)).toMatchObject({
        code: 'GOKA_TRANSPORT_UNREACHABLE',
        details: { brokers: 'embedded', timeoutMs: 5_000 },
      })
      expect(runner.report().restarts).toBe(0)
    })

    it('are waited for longer from time to time, and no stop waits with them', async () => {
      const clock = new ManualClock()
      cluster.broker.faults.fail({ operation: 'metadata', clientId, times: 1_000 }, fault(true))
      const { run, runner } = cluster.start(
        counter,
        { guarantee, restart: { initialMs: 1_000, maxMs: 3_000 } },
        cluster.goka({ clock }),
      )
      for (const waitMs of [1_000, 2_000, 3_000, 3_000]) {
        await eventually(() => runner.state.current === 'restarting')
        expect(clock.waitsMs).toContain(waitMs)
        clock.advance(waitMs)
        await settle()
      }
      await eventually(() => runner.state.current === 'restarting')
      await inTime(runner.stop(), 'the stop')
      await inTime(run, 'the run')
    })

    it('do not show while the broker is away for a while', async () => {
      const { runner } = await cluster.started(counter, 2, { guarantee, restart: RESTART })
      await produce(100)
      await expectCounted(100)
      cluster.broker.faults.down()
      await settle()
      cluster.broker.faults.up()
      await produce(100)
      await expectCounted(200)
      expect(runner.report().restarts).toBe(0)
    })

    it('leave no doubt: after a lost answer to the commit the truth is asked from Kafka', async () => {
      const storage = memory()
      const goka = cluster.goka({ storage })
      const { runner } = await cluster.started(counter, 2, { guarantee, restart: RESTART }, goka)
      await produce(20)
      await expectCounted(20)
      const operation = exactlyOnce ? 'commit-transaction' : 'commit'
      for (const what of ['answer', 'request'] as const) {
        const before = await committedRecords()
        const lost = cluster.broker.faults.lose({ operation, clientId }, what, { retry: false })
        await produce(20)
        await inTime(lost.met(), 'the commit')
        await expectCounted(before + 20)
        await eventually(() => runner.partitions.length === 2)
      }
      expect(runner.report().restarts).toBe(2)
      // What the processor answers is what Kafka has.
      const table = await cluster.table('group-table')
      for (const [key, value] of Object.entries(table)) {
        expect(await runner.get(key)).toBe(BigInt(value))
      }
    })

    it('leave no doubt: after a lost answer to the writing of the table it is read again', async () => {
      const { runner } = await cluster.started(counter, 2, { guarantee, restart: RESTART })
      await produce(20)
      await expectCounted(20)
      const target = { operation: 'produce', topic: 'group-table', clientId } as const
      const lost = cluster.broker.faults.lose(target, 'answer', { retry: false })
      await produce(20)
      await inTime(lost.met(), 'the write')
      await expectCounted(40)
      await eventually(() => runner.partitions.length === 2)
      for (const [key, value] of Object.entries(await cluster.table('group-table'))) {
        expect(await runner.get(key)).toBe(BigInt(value))
      }
    })

    it('that take its place in the group away make it join again', async () => {
      const clock = new ManualClock()
      const short = new Cluster({ sessionTimeoutMs: 50, clock })
      await short.createTopic('input', 2)
      await short.createTopic('output', 2)
      const lost = new Notes<readonly number[]>()
      const { runner } = await short.started(counter, 2, {
        guarantee,
        restart: RESTART,
        listener: { lost: (partitions) => lost.add(partitions) },
      })
      short.broker.faults.freeze(clientId)
      await settle()
      clock.advance(60)
      await settle()
      short.broker.faults.thaw(clientId)
      await lost.until(1)
      await eventually(() => runner.partitions.length === 2)
      await short.produce('input', [{ key: 'a', value: 'v' }])
      await eventually(async () => (await short.table('group-table'))['a'] === '1')
      await short.close()
    })
  },
)

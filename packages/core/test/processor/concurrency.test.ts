import { int64, string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { ManualClock } from '../manual-clock.ts'
import { eventually, Gate, Notes, rejection, settle } from '../waiting.ts'

const input = stream('input', string)
const output = stream('output', string)

describe.each(['at-least-once', 'exactly-once'] as const)(
  'asynchronous callbacks of different keys, %s',
  (guarantee) => {
    let cluster: Cluster
    beforeEach(async () => {
      cluster = new Cluster()
      await cluster.createTopic('input', 1)
      await cluster.createTopic('output', 1)
    })
    afterEach(() => cluster.close())

    /** Each record's callback waits for the gate of its message, if there is one. */
    function gated(gates: Readonly<Record<string, Gate>>) {
      const begun = new Notes<string>()
      const done = new Notes<string>()
      const group = defineGroup('group')
        .persist(string)
        .output(output)
        .input(input, async (ctx, message) => {
          begun.add(message)
          await gates[message]?.promise
          ctx.setValue(`${ctx.value() ?? ''}${message}`)
          ctx.emit(output, ctx.key, message)
          done.add(message)
        })
      return { group, begun, done }
    }
    const record = (message: string) => ({ key: message.slice(0, 1), value: message })

    it('run side by side as far as concurrency allows', async () => {
      const gates = { a1: new Gate(), b1: new Gate(), c1: new Gate(), d1: new Gate() }
      const { group, begun, done } = gated(gates)
      await cluster.started(group, 1, { guarantee, concurrency: 3 })
      await cluster.produce('input', ['a1', 'b1', 'c1', 'd1'].map(record))
      await begun.until(3)
      await settle()
      expect(begun.items).toEqual(['a1', 'b1', 'c1'])
      gates.b1.open()
      expect(await begun.until(4)).toEqual(['a1', 'b1', 'c1', 'd1'])
      gates.d1.open()
      gates.a1.open()
      gates.c1.open()
      expect([...(await done.until(4))].sort()).toEqual(['a1', 'b1', 'c1', 'd1'])
    })

    it('keep the order of each key', async () => {
      const gates = { a1: new Gate() }
      const { group, begun, done } = gated(gates)
      const { runner } = await cluster.started(group, 1, { guarantee, concurrency: 8 })
      await cluster.produce('input', ['a1', 'a2', 'b1', 'a3', 'b2'].map(record))
      expect(await done.until(2)).toEqual(['b1', 'b2'])
      await settle()
      expect(begun.items).toEqual(['a1', 'b1', 'b2'])
      gates.a1.open()
      expect(await done.until(5)).toEqual(['b1', 'b2', 'a1', 'a2', 'a3'])
      await runner.stop()
      expect(await cluster.table('group-table')).toEqual({ a: 'a1a2a3', b: 'b1b2' })
    })

    it('hold the committed offset at the oldest that is not done', async () => {
      const gates = { a1: new Gate() }
      const { group, done } = gated(gates)
      const { runner } = await cluster.started(group, 1, { guarantee, concurrency: 8 })
      await eventually(async () => (await cluster.committed('group'))['input/0'] === 0)
      await cluster.produce('input', ['a1', 'b1', 'c1'].map(record))
      await done.until(2)
      // Commits go on meanwhile, every 2 ms.
      const before = runner.report().commits.count
      await cluster.produce('input', ['d1'].map(record))
      await done.until(3)
      await settle()
      expect(runner.report().commits.count).toBe(before)
      expect(await cluster.committed('group')).toEqual({ 'input/0': 0 })
      expect(await cluster.lines('group-table')).toEqual([])
      gates.a1.open()
      await eventually(async () => (await cluster.committed('group'))['input/0'] === 4)
      expect(await cluster.table('group-table')).toEqual({ a: 'a1', b: 'b1', c: 'c1', d: 'd1' })
    })

    it('that fail commit nothing past the record, nor what later records did before it failed', async () => {
      const gates = { a1: new Gate() }
      const done = new Notes<string>()
      const group = defineGroup('group')
        .persist(int64)
        .input(input, async (ctx, message) => {
          ctx.setValue((ctx.value() ?? 0n) + 1n)
          await gates[message as 'a1']?.promise
          if (message === 'a1') throw new Error('oops')
          done.add(message)
        })
      const { run } = await cluster.started(group, 1, { guarantee, concurrency: 8 })
      await cluster.produce('input', ['0', 'a1', 'b1', 'c1'].map(record))
      await done.until(3)
      gates.a1.open()
      expect(await rejection(run)).toMatchObject({ details: { offset: 1, key: 'a' } })
      const committed = (await cluster.committed('group'))['input/0'] ?? 0
      expect(committed).toBeLessThanOrEqual(1)
      // What is committed of the table is what the records before the committed offset have made, no more.
      expect(await cluster.table('group-table')).toEqual(committed === 1 ? { 0: '1' } : {})
      const mended = defineGroup('group')
        .persist(int64)
        .input(input, (ctx) => ctx.setValue((ctx.value() ?? 0n) + 1n))
      const { runner } = await cluster.started(mended, 1, { guarantee })
      await eventually(async () => (await cluster.committed('group'))['input/0'] === 4)
      await runner.stop()
      expect(await cluster.table('group-table')).toEqual({ 0: '1', a: '1', b: '1', c: '1' })
    })

    it('that fail after later records went into the next commit lose nothing', async () => {
      const clock = new ManualClock()
      const gate = new Gate()
      const begun = new Notes<string>()
      const group = defineGroup('group').input(input, async (_ctx, message) => {
        begun.add(message)
        if (message !== 'a1') return
        await gate.promise
        throw new Error('oops')
      })
      const options = { guarantee, concurrency: 8, commitIntervalMs: 1_000 }
      const { run } = await cluster.started(group, 1, options, cluster.goka({ clock }))
      await cluster.produce('input', [record('a1')])
      await begun.until(1)
      // A commit begins and does not wait for a1 for long: b1 is for the next one.
      clock.advance(1_000)
      await settle()
      clock.advance(1_000)
      await settle()
      await cluster.produce('input', [record('b1')])
      await begun.until(2)
      gate.open()
      await rejection(run)
      expect((await cluster.committed('group'))['input/0'] ?? 0).toBe(0)
    })

    it('that are under way when one fails may end, and what they did is committed', async () => {
      const gate = new Gate()
      const begun = new Notes<string>()
      const group = defineGroup('group')
        .persist(string)
        .input(input, async (ctx, message) => {
          begun.add(message)
          if (message === 'b1') throw new Error('oops')
          await gate.promise
          ctx.setValue(message)
        })
      const { run } = await cluster.started(group, 1, { guarantee, concurrency: 2 })
      await cluster.produce('input', ['a1', 'b1', 'c1'].map(record))
      await begun.until(2)
      await settle()
      gate.open()
      expect(await rejection(run)).toMatchObject({ details: { offset: 1, key: 'b' } })
      expect(begun.items).toEqual(['a1', 'b1'])
      expect(await cluster.committed('group')).toEqual({ 'input/0': 1 })
      expect(await cluster.table('group-table')).toEqual({ a: 'a1' })
    })

    it('may be mixed with synchronous ones, also very many of one key that wait for each other', async () => {
      const gate = new Gate()
      const group = defineGroup('group')
        .persist(int64)
        .input(input, (ctx, message) => {
          ctx.setValue((ctx.value() ?? 0n) + 1n)
          return message === 'first' ? gate.promise : undefined
        })
      await cluster.started(group, 1, { guarantee, concurrency: 50_000 })
      await cluster.produce('input', [
        { key: 'k', value: 'first' },
        ...Array.from({ length: 20_000 }, () => ({ key: 'k', value: 'later' })),
      ])
      await settle()
      gate.open()
      await eventually(async () => (await cluster.committed('group'))['input/0'] === 20_001)
      expect(await cluster.table('group-table')).toEqual({ k: '20001' })
    })
  },
)

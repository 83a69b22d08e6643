import { int64, string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { isGokaError } from '@goka/interface'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { Gate, inTime, Notes, rejection } from '../waiting.ts'

const input = stream('input', string)
const output = stream('output', string)

describe.each(['at-least-once', 'exactly-once'] as const)(
  'a callback that fails, %s',
  (guarantee) => {
    let cluster: Cluster
    beforeEach(async () => {
      cluster = new Cluster()
      await cluster.createTopic('input', 1)
      await cluster.createTopic('output', 1)
    })
    afterEach(() => cluster.close())

    const oops = new Error('oops')
    const counter = (name: string, failing: (message: string) => unknown) =>
      defineGroup(name)
        .persist(int64)
        .output(output)
        .input(input, (ctx, message) => {
          ctx.setValue((ctx.value() ?? 0n) + 1n)
          ctx.emit(output, ctx.key, message)
          return failing(message) as undefined
        })
    const fail = (message: string): void => {
      if (message === 'bad') throw oops
    }
    const failLater = async (message: string): Promise<void> => {
      await Promise.resolve()
      fail(message)
    }
    const records = [
      { key: 'a', value: '1' },
      { key: 'a', value: '2' },
      { key: 'a', value: 'bad' },
      { key: 'a', value: '4' },
      { key: 'b', value: '5' },
    ]

    it.each([
      ['at once', fail],
      ['later', failLater],
    ])(
      'ends the run, naming the record; what came before is committed, and nothing after: %s',
      async (_when, failing) => {
        await cluster.produce('input', records)
        const { run, runner } = cluster.start(counter('group', failing), { guarantee })
        const error = await rejection(run)
        expect(error).toMatchObject({
          code: 'GOKA_PROCESSOR_CALLBACK',
          details: { topic: 'input', partition: 0, offset: 2, key: 'a' },
          cause: oops,
        })
        expect((error as Error).message).toContain('input/0 offset 2')
        expect(runner.state.current).toBe('stopped')
        expect(await cluster.committed('group')).toEqual({ 'input/0': 2 })
        expect(await cluster.lines('group-table')).toEqual(['a=2'])
        expect(await cluster.lines('output')).toEqual(['a=1', 'a=2'])
      },
    )

    it('is called for the record again by the next run, and then goes on', async () => {
      await cluster.produce('input', records)
      await rejection(cluster.start(counter('group', fail), { guarantee }).run)
      const done = new Notes<string>()
      const mended = counter('group', (message) => done.add(message))
      const { runner } = await cluster.started(mended, 1, { guarantee })
      expect(await done.until(3)).toEqual(['bad', '4', '5'])
      await runner.stop()
      expect(await cluster.table('group-table')).toEqual({ a: '4', b: '1' })
      expect(await cluster.committed('group')).toEqual({ 'input/0': 5 })
    })

    it('leaves no trace in the table of a key that had no value', async () => {
      await cluster.produce('input', [{ key: 'new', value: 'bad' }])
      await rejection(cluster.start(counter('group', fail), { guarantee }).run)
      expect(await cluster.lines('group-table')).toEqual([])
      expect(await cluster.lines('output')).toEqual([])
      expect(await cluster.committed('group')).toEqual({ 'input/0': 0 })
    })

    it('may fail with anything, also with nothing', async () => {
      await cluster.produce('input', [{ key: 'a', value: 'bad' }])
      const group = defineGroup('group').input(input, (ctx) => ctx.fail(undefined))
      const error = await rejection(cluster.start(group, { guarantee }).run)
      expect(isGokaError(error, 'GOKA_PROCESSOR_CALLBACK')).toBe(true)
      expect((error as Error).cause).toBeUndefined()
    })

    it('by ctx.fail ends there: what follows is not executed', async () => {
      await cluster.produce('input', [{ key: 'a', value: 'x' }])
      let reached = false
      const group = defineGroup('group').input(input, (ctx) => {
        ctx.fail(oops)
        reached = true
      })
      const error = await rejection(cluster.start(group, { guarantee }).run)
      expect(error).toMatchObject({ code: 'GOKA_PROCESSOR_CALLBACK', cause: oops })
      expect(reached).toBe(false)
    })

    it('does not hurt what other partitions have done', async () => {
      await cluster.createTopic('wide', 4)
      const wide = stream('wide', string)
      const seen = new Notes<number>()
      const gate = new Gate()
      const group = defineGroup('group')
        .persist(int64)
        .input(wide, async (ctx, message) => {
          ctx.setValue((ctx.value() ?? 0n) + 1n)
          if (message === 'bad') {
            await gate.promise
            throw oops
          }
          seen.add(ctx.partition)
        })
      await cluster
        .started(group, 4, { guarantee, commitIntervalMs: 3_600_000 })
        .then(async ({ run }) => {
          await cluster.produce('wide', [
            { key: 'bad', value: 'bad', partition: 0 },
            ...[1, 2, 3].map((partition) => ({ key: `k${partition}`, value: 'v', partition })),
          ])
          await seen.until(3)
          gate.open()
          expect(await rejection(run)).toMatchObject({ details: { topic: 'wide', partition: 0 } })
        })
      expect(await cluster.table('group-table')).toEqual({ k1: '1', k2: '1', k3: '1' })
      expect(await cluster.committed('group')).toMatchObject({
        'wide/0': 0,
        'wide/1': 1,
        'wide/2': 1,
        'wide/3': 1,
      })
    })

    it('ends the run also when another callback never ends: after the drain timeout', async () => {
      await cluster.createTopic('wide', 2)
      const started = new Gate()
      const group = defineGroup('group').input(stream('wide', string), async (ctx) => {
        if (ctx.partition === 1) {
          started.open()
          await new Promise(() => {})
        }
        await started.promise
        throw oops
      })
      const { run } = await cluster.started(group, 2, { guarantee, drainTimeoutMs: 20 })
      await cluster.produce('wide', [
        { key: 'a', value: 'v', partition: 1 },
        { key: 'b', value: 'v', partition: 0 },
      ])
      expect(await rejection(run)).toMatchObject({ cause: oops })
      const committed = await cluster.committed('group')
      expect([committed['wide/0'] ?? 0, committed['wide/1'] ?? 0]).toEqual([0, 0])
    })

    it('does not fail the stop when it gives up because the drain timeout is over', async () => {
      const started = new Gate()
      const ended = new Gate()
      const group = defineGroup('group').input(input, async (ctx) => {
        started.open()
        await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
        ended.open()
        throw oops
      })
      const { runner, run } = await cluster.started(group, 1, { guarantee, drainTimeoutMs: 20 })
      await cluster.produce('input', [{ key: 'a', value: 'v' }])
      await started.promise
      await inTime(runner.stop(), 'the stop')
      await ended.promise
      await run
      expect((await cluster.committed('group'))['input/0'] ?? 0).toBe(0)
    })

    it('for a record that cannot be decoded is not called: the codec ends the run', async () => {
      const numbers = stream('input', int64)
      await cluster.produce('input', [
        { key: 'a', value: '1' },
        { key: 'a', value: 'x' },
        { key: 'a', value: '3' },
      ])
      const seen: bigint[] = []
      const group = defineGroup('group').input(numbers, (_ctx, message) => void seen.push(message))
      const error = await rejection(cluster.start(group, { guarantee }).run)
      expect(error).toMatchObject({
        code: 'GOKA_PROCESSOR_DECODE',
        details: { topic: 'input', partition: 0, offset: 1, key: 'a' },
        cause: { code: 'GOKA_CODEC_DECODE' },
      })
      expect(seen).toEqual([1n])
      expect(await cluster.committed('group')).toEqual({ 'input/0': 1 })
    })
  },
)

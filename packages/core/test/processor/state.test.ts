/* eslint @typescript-eslint/no-confusing-void-expression: off -- what the steps return is looked at */
import { bytes, int64, json, string } from '@goka/codecs'
import { type Context, defineGroup, type EmptyShape, stream, type With } from '@goka/core'
import { type Codec, isGokaError } from '@goka/interface'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { eventually, Notes, rejection } from '../waiting.ts'

const input = stream('input', string)

type Step<State> = (ctx: Context<With<EmptyShape, { state: State }>>) => unknown

describe.each(['at-least-once', 'exactly-once'] as const)('the state of a key, %s', (guarantee) => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('input', 1)
  })
  afterEach(() => cluster.close())

  /** Runs each step for a record of the key `k`; returns what they returned, once it is committed. */
  async function steps<State>(codec: Codec<State>, ...all: Step<State>[]): Promise<unknown[]> {
    const results = new Notes<unknown>()
    const group = defineGroup('group')
      .persist(codec)
      .input(input, (ctx, message) => results.add(all[Number(message)]?.(ctx)))
    const { runner } = await cluster.started(group, 1, { guarantee })
    await cluster.produce(
      'input',
      all.map((_, index) => ({ key: 'k', value: `${index}` })),
    )
    await results.until(all.length)
    await eventually(async () => (await cluster.committed('group'))['input/0'] === all.length)
    await runner.stop()
    return results.items
  }

  it('is undefined until it is set, and then what was set', async () => {
    expect(
      await steps(
        int64,
        (ctx) => [ctx.value(), ctx.setValue(1n), ctx.value()],
        (ctx) => ctx.value(),
      ),
    ).toEqual([[undefined, undefined, 1n], 1n])
    expect(await cluster.table('group-table')).toEqual({ k: '1' })
  })

  it('is gone when it is deleted, and can be set again', async () => {
    expect(
      await steps(
        string,
        (ctx) => ctx.setValue('a'),
        (ctx) => [ctx.delete(), ctx.value()],
        (ctx) => [ctx.value(), ctx.setValue('b'), ctx.value()],
        (ctx) => ctx.delete(),
      ),
    ).toEqual([undefined, [undefined, undefined], [undefined, undefined, 'b'], undefined])
    expect(await cluster.table('group-table')).toEqual({})
  })

  it('is changed by update, which returns what it is now; undefined deletes', async () => {
    expect(
      await steps(
        int64,
        (ctx) => ctx.update((value) => (value ?? 10n) + 1n),
        (ctx) => [ctx.update((value) => (value ?? 0n) * 2n), ctx.value()],
        (ctx) => [ctx.update(() => undefined), ctx.value()],
      ),
    ).toEqual([11n, [22n, 22n], [undefined, undefined]])
    expect(await cluster.table('group-table')).toEqual({})
  })

  it('may be empty: that is a value', async () => {
    expect(
      await steps(
        string,
        (ctx) => ctx.setValue(''),
        (ctx) => ctx.value(),
      ),
    ).toEqual([undefined, ''])
    expect(await cluster.table('group-table')).toEqual({ k: '' })
  })

  it('is a copy where it is an object: changing it changes nothing', async () => {
    interface Box {
      count: number
    }
    const kept: Box[] = []
    expect(
      await steps(
        json<Box>(),
        (ctx) => {
          const box = { count: 1 }
          ctx.setValue(box)
          box.count = 99
          const again = ctx.value() as Box
          kept.push(again)
          again.count = 98
          return ctx.value()
        },
        (ctx) => {
          const box = ctx.value() as Box
          box.count = 97
          return ctx.value()
        },
        (ctx) => ctx.value(),
      ),
    ).toEqual([{ count: 1 }, { count: 1 }, { count: 1 }])
    expect(kept).toEqual([{ count: 98 }])
    expect(await cluster.table('group-table')).toEqual({ k: '{"count":1}' })
  })

  it('is a copy where it is bytes', async () => {
    const read = (ctx: Context<With<EmptyShape, { state: Uint8Array }>>): string =>
      Buffer.from(ctx.value() ?? []).toString()
    expect(
      await steps(
        bytes,
        (ctx) => {
          const own = Buffer.from('abc')
          ctx.setValue(own)
          own.fill('x')
          ctx.value()?.fill(0x79)
          return read(ctx)
        },
        (ctx) => {
          ctx.value()?.fill(0x7a)
          return read(ctx)
        },
        (ctx) => read(ctx),
      ),
    ).toEqual(['abc', 'abc', 'abc'])
    expect(await cluster.table('group-table')).toEqual({ k: 'abc' })
  })

  it('is written to the table once a commit, the last value only', async () => {
    const done = new Notes<number>()
    const group = defineGroup('group')
      .persist(int64)
      .input(input, (ctx) => {
        ctx.setValue((ctx.value() ?? 0n) + 1n)
        ctx.setValue((ctx.value() ?? 0n) + 1n)
        done.add(1)
      })
    // No commit before the stop.
    const { runner } = await cluster.started(group, 1, { guarantee, commitIntervalMs: 3_600_000 })
    await cluster.produce(
      'input',
      Array.from({ length: 100 }, (_, index) => ({ key: `k${index % 2}`, value: 'x' })),
    )
    await done.until(100)
    expect(await cluster.lines('group-table')).toEqual([])
    await runner.stop()
    expect([...(await cluster.lines('group-table'))].sort()).toEqual(['k0=100', 'k1=100'])
  })

  it('is written for each of many keys of one commit', async () => {
    const records = Array.from({ length: 700 }, (_, index) => ({
      key: `key-${index}`,
      value: `${index}`,
    }))
    const group = defineGroup('group')
      .persist(string)
      .input(input, (ctx, message) => ctx.setValue(message))
    await cluster.produce('input', records)
    const { runner } = await cluster.started(group, 1, { guarantee })
    await eventually(async () => (await cluster.committed('group'))['input/0'] === records.length)
    await runner.stop()
    const written = Object.fromEntries(records.map(({ key, value }) => [key, value]))
    expect(await cluster.table('group-table')).toEqual(written)
  })

  it('belongs to the bytes of the key, also where they are no text', async () => {
    const seen = new Notes<string>()
    const group = defineGroup('group')
      .persist(int64)
      .output(stream('output', string))
      .input(input, (ctx) => {
        ctx.setValue((ctx.value() ?? 0n) + 1n)
        seen.add(ctx.key)
      })
    await cluster.createTopic('output', 1)
    const { runner } = await cluster.started(group, 1, { guarantee })
    const keys = [[0xff], [0xfe], [0xff], [0xc3], [0xff]].map((bytes) => Uint8Array.from(bytes))
    await cluster.produce(
      'input',
      keys.map((key) => ({ key, value: 'v' })),
    )
    await seen.until(5)
    await runner.stop()
    expect(new Set(seen.items)).toEqual(new Set(['\ufffd']))
    const written = (await cluster.records('group-table')).map(
      ({ keyBytes, value }) => `${keyBytes}=${value}`,
    )
    expect(written.slice(-3).sort()).toEqual(['\xc3=1', '\xfe=1', '\xff=3'])
    // And it is found again after a restart with an empty store.
    const again = await cluster.started(group, 1, { guarantee })
    await cluster.produce('input', [{ key: Uint8Array.from([0xff]), value: 'v' }])
    await seen.until(6)
    await again.runner.stop()
    expect((await cluster.records('group-table')).at(-1)).toMatchObject({
      keyBytes: '\xff',
      value: '4',
    })
  })

  it.each([undefined, null])('is never %p: use delete', async (nothing) => {
    const group = defineGroup('group')
      .persist(string)
      .input(input, (ctx) => ctx.setValue(nothing as never))
    const { run } = await cluster.started(group, 1, { guarantee })
    await cluster.produce('input', [{ key: 'k', value: 'v' }])
    const error = await rejection(run)
    expect(isGokaError(error, 'GOKA_PROCESSOR_CALLBACK') && error.cause).toMatchObject({
      code: 'GOKA_PROCESSOR_CONTEXT',
      details: { group: 'group', operation: 'setValue' },
    })
  })

  it('of the wrong type is refused by the codec, and what was there stays', async () => {
    const group = defineGroup('group')
      .persist(int64)
      .input(input, (ctx, message) => ctx.setValue(message === 'bad' ? ('x' as never) : 1n))
    const { run } = await cluster.started(group, 1, { guarantee })
    await cluster.produce('input', [
      { key: 'k', value: 'good' },
      { key: 'k', value: 'bad' },
    ])
    const error = await rejection(run)
    expect(isGokaError(error, 'GOKA_PROCESSOR_CALLBACK') && error.cause).toMatchObject({
      code: 'GOKA_CODEC_ENCODE',
    })
    expect(await cluster.lines('group-table')).toEqual(['k=1'])
  })

  it('that cannot be decoded fails the callback that asks for it, by the codec', async () => {
    await cluster.createTable('group-table', 1)
    await cluster.produce('group-table', [{ key: 'k', value: 'not a number' }])
    const group = defineGroup('group')
      .persist(int64)
      .input(input, (ctx) => void ctx.value())
    const { run } = await cluster.started(group, 1, { guarantee })
    await cluster.produce('input', [{ key: 'k', value: 'v' }])
    const error = await rejection(run)
    expect(isGokaError(error, 'GOKA_PROCESSOR_CALLBACK') && error.cause).toMatchObject({
      code: 'GOKA_CODEC_DECODE',
    })
  })
})

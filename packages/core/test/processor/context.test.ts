import { int64, string } from '@goka/codecs'
import { defineGroup, stream, table } from '@goka/core'
import type { Headers } from '@goka/interface'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { eventually, Gate, Notes, rejection } from '../waiting.ts'

const input = stream('input', string)
const output = stream('output', string)
const prices = table('prices', int64)

// The context as JavaScript sees it: everything is there.
interface Untyped {
  readonly [name: string]: (...args: unknown[]) => unknown
}

describe('the context', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('input', 2)
    await cluster.createTopic('output', 3)
    await cluster.createTable('prices', 2)
  })
  afterEach(() => cluster.close())

  const bare = defineGroup('bare')

  it.each<[string, (ctx: Untyped) => unknown, string]>([
    ['value', (ctx) => ctx['value']?.(), '.persist('],
    ['setValue', (ctx) => ctx['setValue']?.('x'), '.persist('],
    ['delete', (ctx) => ctx['delete']?.(), '.persist('],
    ['value', (ctx) => ctx['update']?.(() => 1), '.persist('],
    ['join', (ctx) => ctx['join']?.(prices), '.join('],
    ['lookup', (ctx) => ctx['lookup']?.(prices, 'x'), '.lookup('],
    ['emit', (ctx) => ctx['emit']?.(output, 'x', 'y'), '.output('],
    ['loopback', (ctx) => ctx['loopback']?.('x', 'y'), '.loop('],
  ])(
    'refuses %s when the group does not declare it, and says what to add',
    async (operation, call, remedy) => {
      const group = bare.input(input, (ctx) => void call(ctx as unknown as Untyped))
      const { run } = cluster.start(group)
      await cluster.produce('input', [{ key: 'k', value: 'v' }])
      const error = (await rejection(run)) as Error
      expect(error).toMatchObject({
        code: 'GOKA_PROCESSOR_CALLBACK',
        cause: { code: 'GOKA_PROCESSOR_CONTEXT', details: { group: 'bare', operation } },
      })
      expect((error.cause as Error).message).toContain(remedy)
    },
  )

  const full = defineGroup('full')
    .persist(string)
    .output(output)
    .loop(string, () => {})
    .join(prices)

  it('takes its key back as the bytes that it was read from, also when they are no text', async () => {
    const seen = new Notes<string>()
    const group = defineGroup('bytes')
      .output(output)
      .lookup(prices)
      .loop(string, (ctx, message) => ctx.emit(output, ctx.key, message))
      .input(input, async (ctx, message) => {
        seen.add(`${ctx.key}: ${await ctx.lookup(prices, ctx.key)}`)
        ctx.emit(output, ctx.key, message)
        ctx.emit(output, `${ctx.key}!`, message)
        ctx.loopback(ctx.key, 'looped')
      })
    const key = Uint8Array.of(0xff, 0x6b, 0xc3)
    await cluster.produce('prices', [{ key, value: '7' }])
    await cluster.started(group, 2)
    await cluster.produce('input', [{ key, value: 'v' }])
    expect(await seen.until(1)).toEqual(['\ufffdk\ufffd: 7'])
    await eventually(async () => (await cluster.records('output')).length === 3)
    const found = (await cluster.records('output')).map(({ keyBytes, value }) => [keyBytes, value])
    expect(found.sort()).toEqual([
      ['\xef\xbf\xbdk\xef\xbf\xbd!', 'v'],
      ['\xffk\xc3', 'looped'],
      ['\xffk\xc3', 'v'],
    ])
  })

  it.each<[string, (ctx: Untyped) => unknown]>([
    ['undefined as a value', (ctx) => ctx['setValue']?.(undefined)],
    ['null as a value', (ctx) => ctx['setValue']?.(null)],
    ['undefined as a value to emit', (ctx) => ctx['emit']?.(output, 'x', undefined)],
    ['a key that is no string', (ctx) => ctx['emit']?.(output, 7, 'y')],
    ['undefined as a message', (ctx) => ctx['loopback']?.('x', undefined)],
    ['null as a message of the loop', (ctx) => ctx['loopback']?.('x', null)],
    ['something that is no stream', (ctx) => ctx['emit']?.('output', 'x', 'y')],
    ['something that is no table', (ctx) => ctx['join']?.('prices')],
    ['nothing to emit to', (ctx) => ctx['emit']?.(undefined, 'x', 'y')],
  ])('refuses %s', async (_what, call) => {
    const group = full.input(input, (ctx) => void call(ctx as unknown as Untyped))
    const { run } = cluster.start(group)
    await cluster.produce('input', [{ key: 'k', value: 'v' }])
    expect(await rejection(run)).toMatchObject({
      code: 'GOKA_PROCESSOR_CALLBACK',
      cause: { code: 'GOKA_PROCESSOR_CONTEXT' },
    })
    expect(await cluster.lines('full-table')).toEqual([])
    expect(await cluster.lines('output')).toEqual([])
  })

  it.each<[string, (ctx: Untyped) => unknown]>([
    ['value', (ctx) => ctx['value']?.()],
    ['setValue', (ctx) => ctx['setValue']?.('x')],
    ['delete', (ctx) => ctx['delete']?.()],
    ['update', (ctx) => ctx['update']?.(() => 'x')],
    ['join', (ctx) => ctx['join']?.(prices)],
    ['emit', (ctx) => ctx['emit']?.(output, 'x', 'y')],
    ['loopback', (ctx) => ctx['loopback']?.('x', 'y')],
    ['deferCommit', (ctx) => ctx['deferCommit']?.()],
  ])(
    'refuses %s after the callback has returned or its promise has resolved',
    async (_what, call) => {
      const kept = new Notes<Untyped>()
      const group = full.input(input, (ctx, message) => {
        kept.add(ctx as unknown as Untyped)
        return message === 'later' ? Promise.resolve() : undefined
      })
      await cluster.started(group, 2)
      await cluster.produce('input', [
        { key: 'a', value: 'now' },
        { key: 'a', value: 'later' },
      ])
      await kept.until(2)
      await new Promise((resolve) => setImmediate(resolve))
      for (const ctx of kept.items) {
        expect(() => call(ctx)).toThrow(expect.objectContaining({ code: 'GOKA_PROCESSOR_CONTEXT' }))
      }
      expect(await cluster.lines('output')).toEqual([])
    },
  )

  it('of a callback that is over is not the one of a later callback that is under way', async () => {
    const kept = new Notes<Untyped>()
    const gate = new Gate()
    const group = full.input(input, (ctx, message) => {
      kept.add(ctx as unknown as Untyped)
      if (message === 'first') return Promise.resolve()
      return message === 'later' ? gate.promise : undefined
    })
    await cluster.started(group, 2)
    await cluster.produce(
      'input',
      ['first', 'now', 'now', 'later'].map((value) => ({ key: 'a', value })),
    )
    await kept.until(4)
    for (const ctx of kept.items.slice(0, 3)) {
      expect(() => ctx['setValue']?.('stolen')).toThrow(
        expect.objectContaining({ code: 'GOKA_PROCESSOR_CONTEXT' }),
      )
    }
    gate.open()
  })

  it('emits key, value, tombstone, headers with repeated names, and time', async () => {
    const headers: Headers = [
      { name: 'n', value: Buffer.from('1') },
      { name: 'm', value: null },
      { name: 'n', value: Buffer.from([0xff]) },
    ]
    const seen = new Notes<number>()
    const group = defineGroup('emitting')
      .output(output)
      .input(input, (ctx, message) => {
        ctx.emit(output, 'ключ', message, { headers, timestampMs: 1_234 })
        ctx.emit(output, '', null)
        seen.add(1)
      })
    const { runner } = await cluster.started(group, 2)
    await cluster.produce('input', [{ key: 'k', value: 'v' }])
    await seen.until(1)
    await runner.stop()
    const found = await cluster.records('output')
    expect(found).toHaveLength(2)
    expect(found.find(({ key }) => key === 'ключ')).toMatchObject({
      value: 'v',
      // FNV-1a of the key, modulo 3.
      partition: 2,
      timestampMs: 1_234,
      headers: [
        ['n', '1'],
        ['m', null],
        ['n', '\ufffd'],
      ],
    })
    expect(found.find(({ key }) => key === '')).toMatchObject({ value: null, headers: [] })
  })

  it('passes on the headers of the record as they are', async () => {
    const seen = new Notes<number>()
    const group = defineGroup('passing')
      .output(output)
      .input(input, (ctx, message) => {
        ctx.emit(output, ctx.key, message, { headers: ctx.headers })
        seen.add(1)
      })
    const { runner } = await cluster.started(group, 2)
    const headers: Headers = [
      { name: 'a', value: Buffer.from('1') },
      { name: 'a', value: Buffer.from('') },
      { name: 'b', value: null },
    ]
    await cluster.produce('input', [{ key: 'k', value: 'v', headers }])
    await seen.until(1)
    await runner.stop()
    expect((await cluster.records('output'))[0]?.headers).toEqual([
      ['a', '1'],
      ['a', ''],
      ['b', null],
    ])
  })

  it('has a signal that is aborted when the partition goes', async () => {
    const signals = new Notes<AbortSignal>()
    const group = defineGroup('aborting').input(input, (ctx) => signals.add(ctx.signal))
    const { runner } = await cluster.started(group, 2)
    await cluster.produce('input', [{ key: 'k', value: 'v' }])
    const [signal] = await signals.until(1)
    expect(signal?.aborted).toBe(false)
    await runner.stop()
    expect(signal?.aborted).toBe(true)
  })
})

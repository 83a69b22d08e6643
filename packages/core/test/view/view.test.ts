import { int64, json, string } from '@goka/codecs'
import { type TableCopyState, table } from '@goka/core'
import { GokaError } from '@goka/interface'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { ManualClock } from '../manual-clock.ts'
import { eventually, inTime, rejection, settle } from '../waiting.ts'

const prices = table('prices', int64)
const clientId = 'goka-view-prices'

describe('a view', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTable('prices', 4)
  })
  afterEach(() => cluster.close())

  const keys = (count: number) => Array.from({ length: count }, (_, index) => `k${index}`)
  const fill = (count: number, from = 0) =>
    cluster.produce(
      'prices',
      keys(count).map((key, index) => ({ key, value: `${from + index}` })),
    )

  it('has everything that the table held, and follows', async () => {
    await fill(100)
    await cluster.produce('prices', [{ key: 'k7', value: null }])
    const view = await cluster.view(prices)
    expect(view.isComplete).toBe(true)
    expect(view.topic).toBe('prices')
    expect(await view.get('k0')).toBe(0n)
    expect(await view.get('k99')).toBe(99n)
    expect([await view.get('k7'), await view.has('k7')]).toEqual([undefined, false])
    expect(await view.has('k8')).toBe(true)
    await fill(1, 1_000)
    await eventually(async () => (await view.get('k0')) === 1_000n)
    await cluster.produce('prices', [{ key: 'k0', value: null }])
    await eventually(async () => (await view.get('k0')) === undefined)
  })

  it('of an empty table is complete at once', async () => {
    const view = await cluster.view(prices)
    expect(await view.get('k0')).toBeUndefined()
    expect(await entriesOf(view)).toEqual([])
  })

  it('is idle, connecting, recovering, running, stopped', async () => {
    await fill(10)
    const view = cluster.goka().view(prices)
    const states: TableCopyState[] = [view.state.current]
    view.state.onChange((state) => states.push(state))
    const run = view.run()
    await view.state.until('running')
    await inTime(view.stop(), 'the stop')
    await inTime(run, 'the run')
    expect(states).toEqual(['idle', 'connecting', 'recovering', 'running', 'stopped'])
  })

  it('answers nothing before it is complete, and after it has stopped', async () => {
    await fill(10)
    const view = cluster.goka().view(prices)
    const notReady = (state: string) => ({
      code: 'GOKA_VIEW_NOT_READY',
      details: { table: 'prices', state },
    })
    expect(await rejection(view.get('k0'))).toMatchObject(notReady('idle'))
    expect(await rejection(view.has('k0'))).toMatchObject(notReady('idle'))
    expect(await rejection(view.entries().next())).toMatchObject(notReady('idle'))
    const fault = cluster.broker.faults.hold({ operation: 'fetch', clientId }, 'answer')
    const run = view.run()
    await inTime(fault.met(), 'the fetch')
    expect(await rejection(view.get('k0'))).toMatchObject(notReady('recovering'))
    fault.end()
    await view.state.until('running')
    expect(await view.get('k0')).toBe(0n)
    await view.stop()
    await run
    expect(await rejection(view.get('k0'))).toMatchObject(notReady('stopped'))
  })

  it('gives objects that belong to who asked', async () => {
    const boxes = table('prices', json<{ count: number }>())
    await cluster.produce('prices', [{ key: 'a', value: '{"count":1}' }])
    const view = await cluster.view(boxes)
    const box = await view.get('a')
    if (box !== undefined) box.count = 99
    expect(await view.get('a')).toEqual({ count: 1 })
  })

  it('tells by the codec what cannot be read', async () => {
    await cluster.produce('prices', [{ key: 'a', value: 'x' }])
    const view = await cluster.view(prices)
    expect(await rejection(view.get('a'))).toMatchObject({ code: 'GOKA_CODEC_DECODE' })
    expect(await view.has('a')).toBe(true)
  })

  it('runs once', async () => {
    const view = cluster.goka().view(prices)
    const run = view.run()
    expect(await rejection(view.run())).toMatchObject({
      code: 'GOKA_RUN_TWICE',
      details: { name: 'prices' },
    })
    await view.stop()
    await run
    expect(await rejection(view.run())).toMatchObject({ code: 'GOKA_RUN_TWICE' })
  })

  it('may be stopped before it runs, by its signal, and by the end of its scope', async () => {
    const never = cluster.goka().view(prices)
    await inTime(never.stop(), 'the stop')
    expect(never.state.current).toBe('stopped')
    const aborted = cluster.goka().view(prices)
    await inTime(aborted.run({ signal: AbortSignal.abort() }), 'the run')
    expect(aborted.state.current).toBe('stopped')
    const abort = new AbortController()
    const view = cluster.goka().view(prices)
    const run = view.run({ signal: abort.signal })
    await view.state.until('running')
    abort.abort()
    await inTime(run, 'the run')
    const scoped = cluster.goka().view(prices)
    {
      await using _held = scoped
      void scoped.run()
      await scoped.state.until('running')
    }
    expect(scoped.state.current).toBe('stopped')
  })

  it('may be stopped at any moment of the start', async () => {
    await fill(50)
    for (let turns = 0; turns < 30; turns++) {
      const view = cluster.goka().view(prices)
      const run = view.run()
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
      await inTime(view.stop(), `the stop after ${turns} turns`)
      await inTime(run, `the run after ${turns} turns`)
    }
  })

  it.each(['connect', 'metadata', 'fetch'] as const)(
    'may be stopped while it waits for an answer to "%s"',
    async (operation) => {
      await fill(10)
      const clock = new ManualClock()
      const target = { operation, clientId, times: 1_000 }
      const fault = cluster.broker.faults.hold(target, 'request')
      const view = cluster.goka({ clock }).view(prices)
      const run = view.run()
      await inTime(fault.met(), 'the request')
      await settle()
      await inTime(view.stop(), 'the stop')
      await inTime(run, 'the run')
      fault.end()
    },
  )

  it('of a topic that does not exist ends with its name', async () => {
    const run = cluster.goka().view(table('missing', string)).run()
    expect(await rejection(run)).toMatchObject({
      code: 'GOKA_TOPIC_UNKNOWN',
      details: { topic: 'missing' },
    })
  })

  it('answers from what it has while the broker is away, and goes on afterwards', async () => {
    await fill(10)
    const view = await cluster.view(prices)
    cluster.broker.faults.disconnect(clientId)
    await inTime(view.state.until('connecting'), 'the loss')
    expect(await view.get('k9')).toBe(9n)
    await fill(10, 100)
    cluster.broker.faults.reconnect(clientId)
    await inTime(view.state.until('running'), 'the return')
    await eventually(async () => (await view.get('k9')) === 109n)
  })

  it('rides out faults that may pass, and gives up when it is told to', async () => {
    const fault = new GokaError('GOKA_TRANSPORT_FAILED', 'injected', {
      operation: 'test',
      retriable: true,
      reason: 'INJECTED',
    })
    await fill(10)
    cluster.broker.faults.fail({ operation: 'metadata', clientId, times: 3 }, fault)
    const view = await cluster.view(prices, { restart: { initialMs: 1, maxMs: 1 } })
    expect(await view.get('k1')).toBe(1n)
    cluster.broker.faults.fail({ operation: 'metadata', clientId, times: 1_000 }, fault)
    const weak = cluster.goka().view(prices, { restart: { initialMs: 1, giveUpAfterMs: 5 } })
    expect(await rejection(weak.run())).toBe(fault)
  })

  it.each(['running', 'recovering'] as const)(
    'ends when the broker is away for too long while it is %s',
    async (state) => {
      await fill(10)
      const clock = new ManualClock()
      const reads = { operation: 'fetch', topic: 'prices', times: 1_000 } as const
      const held = state === 'recovering' ? cluster.broker.faults.hold(reads, 'request') : undefined
      const view = cluster.goka({ clock }).view(prices, { restart: { giveUpAfterMs: 5_000 } })
      const run = view.run()
      await inTime(view.state.until(state), 'the start')
      if (held !== undefined) await inTime(held.met(), 'the first read')
      cluster.broker.faults.down()
      await settle()
      clock.advance(4_999)
      await settle()
      expect(view.state.current).toBe('connecting')
      clock.advance(1)
      expect(await rejection(run)).toMatchObject({
        code: 'GOKA_TRANSPORT_UNREACHABLE',
        details: { timeoutMs: 5_000 },
      })
      expect(clock.waitsMs).toEqual([])
      cluster.broker.faults.up()
      held?.end()
    },
  )

  it('ends when its topic is deleted', async () => {
    await fill(10)
    const view = cluster.goka().view(prices)
    const run = view.run()
    await view.state.until('running')
    await (await cluster.admin()).deleteTopic('prices')
    expect(await rejection(run)).toMatchObject({ code: 'GOKA_TOPIC_UNKNOWN' })
    expect(view.state.current).toBe('stopped')
  })

  it('begins anew when what it has not read yet is gone', async () => {
    await cluster.createTable('one', 1)
    const write = (key: string, value: string | null) => cluster.produce('one', [{ key, value }])
    await write('old', '1')
    const view = await cluster.view(table('one', int64), { restart: { initialMs: 1, maxMs: 1 } })
    expect(await view.get('old')).toBe(1n)
    cluster.broker.faults.disconnect('goka-view-one')
    await inTime(view.state.until('connecting'), 'the loss')
    await write('old', null)
    await write('gone', '2')
    await write('new', '3')
    const admin = await cluster.admin()
    await admin.deleteRecords([{ topic: 'one', partition: 0, offset: 3 }])
    cluster.broker.faults.reconnect('goka-view-one')
    await eventually(async () => (await view.get('new')) === 3n)
    // Its deletion was not seen: only a copy from the start of what is left is right.
    expect(await view.get('old')).toBeUndefined()
  })

  it('walks over all partitions in the order of the keys', async () => {
    const all = [...keys(700), 'ключ', '日本語', 'é', '']
    await cluster.produce(
      'prices',
      all.map((key, index) => ({ key, value: `${index}` })),
    )
    const view = await cluster.view(prices)
    const entries = await entriesOf(view)
    const sorted = [...all].sort((a, b) => Buffer.from(a).compare(Buffer.from(b)))
    expect(entries.map(([key]) => key)).toEqual(sorted)
    expect(Object.fromEntries(entries)).toEqual(
      Object.fromEntries(all.map((key, index) => [key, BigInt(index)])),
    )
  })

  it.each([
    [{ gte: 'k97' }, ['k97', 'k98', 'k99']],
    [{ lt: 'k11' }, ['k0', 'k1', 'k10']],
    [{ gte: 'k2', lt: 'k22' }, ['k2', 'k20', 'k21']],
    [{ prefix: 'k1', limit: 3 }, ['k1', 'k10', 'k11']],
    [{ prefix: 'k9', reverse: true, limit: 2 }, ['k99', 'k98']],
    [{ prefix: '', limit: 1 }, ['k0']],
    [{ prefix: 'none' }, []],
    [{ limit: 0 }, []],
    [{ reverse: true, limit: 1 }, ['k99']],
    [{ gte: 'k5', lt: 'k4' }, []],
  ])('walks over a part: %j', async (range, expected) => {
    await fill(100)
    const view = await cluster.view(prices)
    expect((await entriesOf(view, range)).map(([key]) => key)).toEqual(expected)
  })

  it('may be left in the middle of a walk', async () => {
    await fill(100)
    const view = await cluster.view(prices)
    for await (const [key] of view.entries()) if (key === 'k10') break
    expect(await entriesOf(view)).toHaveLength(100)
    await inTime(view.stop(), 'the stop')
  })

  it('reports each partition', async () => {
    await fill(20)
    const view = await cluster.view(prices)
    const report = view.report()
    expect(report.map(({ partition, role, lag }) => [partition, role, lag])).toEqual([
      [0, 'view', 0],
      [1, 'view', 0],
      [2, 'view', 0],
      [3, 'view', 0],
    ])
    expect(report.reduce((sum, { recordsRead }) => sum + recordsRead, 0)).toBe(20)
  })
})

async function entriesOf<T>(
  view: { entries(range?: object): AsyncGenerator<[string, T]> },
  range = {},
): Promise<[string, T][]> {
  const entries: [string, T][] = []
  for await (const entry of view.entries(range)) entries.push(entry)
  return entries
}

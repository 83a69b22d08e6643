import { int64, string } from '@goka/codecs'
import { defineGroup, stream, table } from '@goka/core'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { eventually, Notes, rejection } from '../waiting.ts'

const input = stream('input', string)
const profiles = table('profiles', string)
const prices = table('prices', int64)

describe('tables of others', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('input', 2)
    await cluster.createTable('profiles', 2)
    await cluster.createTable('prices', 2)
  })
  afterEach(() => cluster.close())

  it('that are joined have what they held before the start, and what comes later', async () => {
    await cluster.produce('profiles', [
      { key: 'a', value: 'Ann' },
      { key: 'key1', value: 'Kay' },
      { key: 'gone', value: 'x' },
      { key: 'gone', value: null },
    ])
    const seen = new Notes<string>()
    const group = defineGroup('group')
      .join(profiles)
      .input(input, (ctx) => seen.add(`${ctx.key}:${ctx.join(profiles)}`))
    const { runner } = await cluster.started(group, 2)
    await cluster.produce(
      'input',
      ['a', 'key1', 'gone', 'none'].map((key) => ({ key, value: '' })),
    )
    expect([...(await seen.until(4))].sort()).toEqual([
      'a:Ann',
      'gone:undefined',
      'key1:Kay',
      'none:undefined',
    ])
    await cluster.produce('profiles', [
      { key: 'a', value: 'Anna' },
      { key: 'key1', value: null },
      { key: 'none', value: 'Nora' },
    ])
    const read = () =>
      runner
        .report()
        .partitions.flatMap(({ tables }) => tables)
        .reduce((sum, { recordsRead }) => sum + recordsRead, 0)
    await eventually(() => read() === 7)
    await cluster.produce(
      'input',
      ['a', 'key1', 'none'].map((key) => ({ key, value: '' })),
    )
    expect([...(await seen.until(7)).slice(4)].sort()).toEqual([
      'a:Anna',
      'key1:undefined',
      'none:Nora',
    ])
  })

  it('that are looked up have any key, in any partition, and follow', async () => {
    await cluster.produce('prices', [
      { key: 'a', value: '1' },
      { key: 'key1', value: '2' },
    ])
    const seen = new Notes<string>()
    const group = defineGroup('group')
      .lookup(prices)
      .input(input, async (ctx, message) => {
        seen.add(`${message}:${await ctx.lookup(prices, message)}`)
      })
    const { runner } = await cluster.started(group, 2)
    await cluster.produce(
      'input',
      ['a', 'key1', 'none'].map((value) => ({ key: 'k', value })),
    )
    expect(await seen.until(3)).toEqual(['a:1', 'key1:2', 'none:undefined'])
    await cluster.produce('prices', [{ key: 'key1', value: '3' }])
    await eventually(
      () => runner.report().lookups.reduce((sum, { recordsRead }) => sum + recordsRead, 0) === 3,
    )
    await cluster.produce('input', [{ key: 'k', value: 'key1' }])
    expect((await seen.until(4))[3]).toBe('key1:3')
  })

  it('and of the group may hold the same key, however small the cache is', async () => {
    const keys = ['a', 'b', 'c', 'key1', 'key2']
    await cluster.produce(
      'profiles',
      keys.map((key) => ({ key, value: `profile of ${key}` })),
    )
    await cluster.produce(
      'prices',
      keys.map((key) => ({ key, value: '7' })),
    )
    const seen = new Notes<string>()
    const group = defineGroup('group')
      .persist(string)
      .join(profiles)
      .join(prices)
      .input(input, (ctx, message) => {
        const state = ctx.value()
        seen.add(`${ctx.join(profiles)}, ${ctx.join(prices)}, ${state}`)
        ctx.setValue(message)
      })
    await cluster.started(group, 2, { cacheBytes: 0, commitIntervalMs: 3_600_000 })
    for (let round = 0; round < 4; round++) {
      // A batch each: the cache is turned over between batches.
      for (const key of keys) await cluster.produce('input', [{ key, value: `state of ${key}` }])
      await seen.until((round + 1) * keys.length)
    }
    const later = seen.items.slice(keys.length)
    expect([...new Set(later)].sort()).toEqual(
      keys.map((key) => `profile of ${key}, 7, state of ${key}`),
    )
  })

  it('that do not exist end the processor, by name', async () => {
    const missing = table('missing', string)
    const joining = defineGroup('group')
      .join(missing)
      .input(input, () => {})
    expect(await rejection(cluster.start(joining).run)).toMatchObject({
      code: 'GOKA_TOPIC_UNKNOWN',
      details: { topic: 'missing' },
    })
    const looking = defineGroup('other')
      .lookup(missing)
      .input(input, () => {})
    expect(await rejection(cluster.start(looking).run)).toMatchObject({
      code: 'GOKA_TOPIC_UNKNOWN',
      details: { topic: 'missing' },
    })
  })

  it('with a value that cannot be decoded fail the callback that asks for it', async () => {
    await cluster.produce('prices', [{ key: 'a', value: 'no number' }])
    const group = defineGroup('group')
      .join(prices)
      .input(input, (ctx) => void ctx.join(prices))
    const { run } = await cluster.started(group, 2)
    await cluster.produce('input', [{ key: 'a', value: '' }])
    expect(await rejection(run)).toMatchObject({
      code: 'GOKA_PROCESSOR_CALLBACK',
      cause: { code: 'GOKA_CODEC_DECODE' },
    })
  })

  it('of another group are what that group has committed', async () => {
    const counter = defineGroup('counter')
      .persist(int64)
      .input(input, (ctx) => ctx.setValue((ctx.value() ?? 0n) + 1n))
    const counting = await cluster.started(counter, 2, { guarantee: 'exactly-once' })
    await cluster.produce(
      'input',
      ['a', 'a', 'key1'].map((key) => ({ key, value: '' })),
    )
    await eventually(async () => (await counting.runner.get('a')) === 2n)
    await eventually(async () => (await counting.runner.get('key1')) === 1n)
    await cluster.createTopic('questions', 2)
    const seen = new Notes<string>()
    const asking = defineGroup('asking')
      .join(counter.table)
      .input(stream('questions', string), (ctx) => {
        seen.add(`${ctx.key}:${ctx.join(counter.table)}`)
      })
    await cluster.started(asking, 2)
    await cluster.produce(
      'questions',
      ['a', 'key1'].map((key) => ({ key, value: '' })),
    )
    expect([...(await seen.until(2))].sort()).toEqual(['a:2', 'key1:1'])
  })
})

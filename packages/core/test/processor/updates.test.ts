import { int64, string } from '@goka/codecs'
import { defineGroup, type Processor, type RecoveryProgress, stream, table } from '@goka/core'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster, type Running } from '../cluster.ts'
import { ManualClock } from '../manual-clock.ts'
import { eventually, inTime, Notes, settle } from '../waiting.ts'

const prices = table('prices', int64)
const input = stream('input', string)

interface Update {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: Uint8Array | undefined
}

const lineOf = ({ topic, partition, offset, key, value }: Update): string =>
  `${topic}/${partition}@${offset} ${key}=${value === undefined ? 'gone' : Buffer.from(value).toString()}`

describe('updates of tables', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTable('prices', 2)
    await cluster.createTopic('input', 2)
  })
  afterEach(() => cluster.close())

  it('are told by a view, each record once it can be read, in the order of the partition', async () => {
    await cluster.produce('prices', [
      { key: 'a', value: '1' },
      { key: 'a', value: '2' },
      { key: 'a', value: null },
    ])
    const seen = new Notes<string>()
    const view = await cluster.view(prices, { onUpdate: (update) => seen.add(lineOf(update)) })
    expect(await seen.until(3)).toEqual(['prices/0@0 a=1', 'prices/0@1 a=2', 'prices/0@2 a=gone'])
    await cluster.produce('prices', [{ key: 'a', value: '3' }])
    expect((await seen.until(4))[3]).toBe('prices/0@3 a=3')
    expect(await view.get('a')).toBe(3n)
  })

  it('do not stop a view when the one who is told throws', async () => {
    await cluster.produce('prices', [{ key: 'a', value: '1' }])
    const view = await cluster.view(prices, {
      onUpdate: () => {
        throw new Error('a bad listener')
      },
    })
    expect(await view.get('a')).toBe(1n)
    expect(cluster.log.find('error', 'onUpdate').length).toBeGreaterThan(0)
  })

  it('are told by a processor: of its table in a recovery, of joined tables always', async () => {
    await cluster.createTable('group-table', 2)
    await cluster.produce('group-table', [{ key: 'a', value: '7' }])
    await cluster.produce('prices', [{ key: 'key1', value: '1' }])
    const seen = new Notes<string>()
    const group = defineGroup('group')
      .persist(int64)
      .join(prices)
      .input(input, (ctx) => ctx.setValue(8n))
    const { runner } = await cluster.started(group, 2, {
      listener: { updated: (update) => seen.add(lineOf(update)) },
    })
    expect([...(await seen.until(2))].sort()).toEqual(['group-table/0@0 a=7', 'prices/1@0 key1=1'])
    await cluster.produce('input', [{ key: 'a', value: '' }])
    await eventually(async () => (await runner.get('a')) === 8n)
    await cluster.produce('prices', [{ key: 'key1', value: '2' }])
    expect((await seen.until(3))[2]).toBe('prices/1@1 key1=2')
  })

  it('of a recovery are counted and told: position, end, rate', async () => {
    await cluster.createTable('group-table', 2)
    await cluster.produce(
      'group-table',
      Array.from({ length: 100 }, () => ({ key: 'a', value: '7' })),
    )
    const seen = new Notes<RecoveryProgress>()
    const group = defineGroup('group')
      .persist(int64)
      .input(input, () => {})
    await cluster.started(group, 2, { listener: { recovering: (progress) => seen.add(progress) } })
    const last = (partition: number) =>
      seen.items.filter((progress) => progress.partition === partition).at(-1)
    expect(last(0)).toMatchObject({
      topic: 'group-table',
      start: 0,
      position: 100,
      end: 100,
      etaMs: 0,
    })
    expect(last(1)).toMatchObject({ topic: 'group-table', start: 0, position: 0, end: 0, etaMs: 0 })
  })

  it('that may be missing make a view say for how long', async () => {
    const clock = new ManualClock()
    const goka = cluster.goka({ clock })
    const view = goka.view(prices)
    expect(view.staleMs).toBe(Number.POSITIVE_INFINITY)
    await cluster.produce('prices', [{ key: 'a', value: '1' }])
    const run = view.run()
    await inTime(view.state.until('running'), 'a complete view')
    clock.advance(1_000)
    expect(view.staleMs).toBe(0)
    cluster.broker.faults.disconnect('goka-view-prices')
    await inTime(view.state.until('connecting'), 'the loss')
    clock.advance(7_000)
    expect(view.staleMs).toBe(7_000)
    cluster.broker.faults.reconnect('goka-view-prices')
    await inTime(view.state.until('running'), 'the return')
    await settle()
    expect(view.staleMs).toBe(0)
    await view.stop()
    await run
  })
})

describe('writes that wait for their commit', () => {
  it.each(['at-least-once', 'exactly-once'] as const)(
    'are bounded: what comes waits for a commit, which comes early, %s',
    async (guarantee) => {
      const cluster = new Cluster({ fetchMaxBytes: 2_000 })
      await cluster.createTopic('input', 1)
      const values = new Notes<number>()
      let most = 0
      const running: Running<Processor<string>>[] = []
      const group = defineGroup('group')
        .persist(string)
        .input(input, (ctx, message) => {
          ctx.setValue(message)
          values.add(1)
          most = Math.max(most, running[0]?.runner.report().partitions[0]?.uncommittedBytes ?? 0)
        })
      // Only the bound makes commits: the interval is an hour.
      const started = await cluster.started(group, 1, {
        guarantee,
        commitIntervalMs: 3_600_000,
        maxUncommittedBytes: 1_000,
      })
      const { runner } = started
      running.push(started)
      await cluster.produce(
        'input',
        Array.from({ length: 2_000 }, (_, index) => ({ key: `k${index}`, value: 'x'.repeat(50) })),
      )
      await values.until(2_000)
      // 100,000 bytes: at most twice the bound and a batch go into one commit.
      expect(runner.report().commits.count).toBeGreaterThan(20)
      expect(most).toBeLessThan(6_000)
      await runner.stop()
      expect(Object.keys(await cluster.table('group-table'))).toHaveLength(2_000)
      await cluster.close()
    },
  )
})

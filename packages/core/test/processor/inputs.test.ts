import { int64, json, string } from '@goka/codecs'
import { defineGroup, murmur2, stream } from '@goka/core'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { ManualClock } from '../manual-clock.ts'
import { eventually, Gate, Notes, rejection, settle } from '../waiting.ts'

const input = stream('input', string)

describe('an input', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('input', 2)
  })
  afterEach(() => cluster.close())

  const whenCommitted = (offsets: Readonly<Record<string, number>>, group = 'group') =>
    eventually(async () => {
      expect(await cluster.committed(group)).toEqual(offsets)
      return true
    })

  describe('with records without a value', () => {
    const records = [
      { key: 'a', value: '1', partition: 0 },
      { key: 'a', value: null, partition: 0 },
      { key: 'a', value: '', partition: 0 },
    ]

    it.each([
      ['by default', undefined, ['1', '']],
      ['told to', { nil: 'ignore' } as const, ['1', '']],
      [
        'told otherwise: it gives them as undefined',
        { nil: 'process' } as const,
        ['1', undefined, ''],
      ],
      [
        'told otherwise: it lets the codec read no bytes',
        { nil: 'decode' } as const,
        ['1', '', ''],
      ],
    ])('ignores them %s, and goes past them', async (_how, options, expected) => {
      const seen: unknown[] = []
      const group = defineGroup('group').input(
        input,
        (_ctx, message: unknown) => void seen.push(message),
        options as { nil: 'process' },
      )
      await cluster.started(group, 2)
      await cluster.produce('input', records)
      await whenCommitted({ 'input/0': 3, 'input/1': 0 })
      expect(seen).toEqual(expected)
    })

    it('fails when the codec cannot read no bytes', async () => {
      const group = defineGroup('group').input(stream('input', int64), () => {}, { nil: 'decode' })
      const { run } = await cluster.started(group, 2)
      await cluster.produce('input', [{ key: 'a', value: null, partition: 1 }])
      expect(await rejection(run)).toMatchObject({
        code: 'GOKA_PROCESSOR_DECODE',
        details: { topic: 'input', partition: 1, offset: 0 },
        cause: { code: 'GOKA_CODEC_DECODE' },
      })
    })
  })

  describe('that the group has never read', () => {
    const old = [{ key: 'a', value: 'old', partition: 0 }]
    const fresh = [{ key: 'a', value: 'new', partition: 0 }]

    it.each([
      ['at the first record by default', undefined, ['old', 'new']],
      ['at the first record', { initialOffset: 'earliest' } as const, ['old', 'new']],
      ['after the last record', { initialOffset: 'latest' } as const, ['new']],
    ])('begins %s', async (_where, options, expected) => {
      await cluster.produce('input', old)
      const seen = new Notes<string>()
      const group = defineGroup('group').input(
        input,
        (_ctx, message) => seen.add(message),
        options ?? {},
      )
      await cluster.started(group, 2)
      await cluster.produce('input', fresh)
      expect(await seen.until(expected.length)).toEqual(expected)
    })

    it('commits where it begins, so that nothing that comes while nobody runs is skipped', async () => {
      await cluster.produce('input', old)
      const seen = new Notes<string>()
      const group = defineGroup('group').input(input, (_ctx, message) => seen.add(message), {
        initialOffset: 'latest',
      })
      const { runner } = await cluster.started(group, 2)
      await runner.stop()
      expect(await cluster.committed('group')).toEqual({ 'input/0': 1, 'input/1': 0 })
      await cluster.produce('input', fresh)
      await cluster.started(group, 2)
      expect(await seen.until(1)).toEqual(['new'])
    })
  })

  it('goes on where the group has committed, wherever it would begin', async () => {
    await cluster.produce('input', [
      { key: 'a', value: '1', partition: 0 },
      { key: 'a', value: '2', partition: 0 },
      { key: 'a', value: '3', partition: 0 },
    ])
    const admin = await cluster.admin()
    await admin.alterGroupOffsets('group', [{ topic: 'input', partition: 0, offset: 1 }])
    const seen = new Notes<string>()
    const group = defineGroup('group').input(input, (_ctx, message) => seen.add(message), {
      initialOffset: 'latest',
    })
    await cluster.started(group, 2)
    expect(await seen.until(2)).toEqual(['2', '3'])
  })

  it('goes on with the first record that is left when those that were not read are gone', async () => {
    await cluster.produce(
      'input',
      ['1', '2', '3', '4'].map((value) => ({ key: 'a', value, partition: 0 })),
    )
    const admin = await cluster.admin()
    await admin.alterGroupOffsets('group', [{ topic: 'input', partition: 0, offset: 1 }])
    await admin.deleteRecords([{ topic: 'input', partition: 0, offset: 3 }])
    const seen = new Notes<string>()
    const group = defineGroup('group').input(input, (_ctx, message) => seen.add(message))
    await cluster.started(group, 2)
    expect(await seen.until(1)).toEqual(['4'])
    expect(cluster.log.find('warn', 'are gone')[0]?.facts).toMatchObject({
      topic: 'input',
      partition: 0,
      committed: 1,
      earliest: 3,
    })
  })

  describe('whose records are not where their keys belong', () => {
    // By FNV-1a "a" belongs to partition 0 of 2, by murmur2 to 0 as well, "b" to 1; "key1" to 1.
    const wrong = [
      { key: 'a', value: 'right', partition: 0 },
      { key: 'a', value: 'wrong', partition: 1 },
    ]
    const seenOf = (name: string) => {
      const seen = new Notes<string>()
      return { seen, group: defineGroup(name).input(input, (_ctx, value) => seen.add(value)) }
    }

    it('is told about in the log by default, once', async () => {
      const { seen, group } = seenOf('group')
      await cluster.started(group, 2)
      await cluster.produce('input', wrong)
      await seen.until(2)
      await cluster.produce('input', wrong)
      await seen.until(4)
      const lines = cluster.log.find('warn', 'partitioner')
      expect(lines).toHaveLength(1)
      expect(lines[0]?.facts).toMatchObject({
        topic: 'input',
        partition: 1,
        offset: 0,
        key: 'a',
        expectedPartition: 0,
        err: { code: 'GOKA_PROCESSOR_PARTITIONER' },
      })
    })

    it('ends the processor if it is told to, before the record is given to a callback', async () => {
      const { seen, group } = seenOf('group')
      const { run } = await cluster.started(group, 2, { partitionCheck: 'fail' })
      await cluster.produce('input', [
        { key: 'key1', value: 'right', partition: 1 },
        { key: 'a', value: 'wrong', partition: 1 },
      ])
      expect(await rejection(run)).toMatchObject({
        code: 'GOKA_PROCESSOR_PARTITIONER',
        details: { topic: 'input', partition: 1, offset: 1, key: 'a', expectedPartition: 0 },
      })
      expect(seen.items).not.toContain('wrong')
    })

    it("is nobody's business if that is what the processor is told", async () => {
      const { seen, group } = seenOf('group')
      await cluster.started(group, 2, { partitionCheck: 'off' })
      await cluster.produce('input', wrong)
      await seen.until(2)
      expect(cluster.log.find('warn', 'partitioner')).toEqual([])
    })

    it('is judged by the partitioner that was chosen; records without a key belong anywhere', async () => {
      const { seen, group } = seenOf('group')
      const goka = cluster.goka({ partitioner: murmur2 })
      await cluster.started(group, 2, { partitionCheck: 'fail' }, goka)
      await cluster.produce('input', [
        { key: 'a', value: '1', partition: murmur2.partition('a', 2) },
        { key: 'key1', value: '2', partition: murmur2.partition('key1', 2) },
        { key: null, value: '3', partition: 0 },
        { key: null, value: '4', partition: 1 },
      ])
      await seen.until(4)
    })
  })

  it('and the loop are one line of records: a loopback reaches the partition of its key', async () => {
    interface Hop {
      readonly to: string
      readonly path: string
    }
    const seen = new Notes<string>()
    const group = defineGroup('group')
      .persist(string)
      .loop(json<Hop>(), (ctx, { path }) => {
        ctx.setValue(path)
        seen.add(`${ctx.topic}/${ctx.partition} ${ctx.key} ${path}`)
        if (ctx.key === 'a') ctx.loopback('key1', { to: 'key1', path: `${path}>key1` })
      })
      .input(input, (ctx, message) => {
        ctx.loopback(message, { to: message, path: `${ctx.key}>${message}` })
      })
    const { runner } = await cluster.started(group, 2)
    await cluster.produce('input', [{ key: 'key1', value: 'a' }])
    expect(await seen.until(2)).toEqual(['group-loop/0 a key1>a', 'group-loop/1 key1 key1>a>key1'])
    await runner.stop()
    expect(await cluster.table('group-table')).toEqual({ a: 'key1>a', key1: 'key1>a>key1' })
  })

  it('is not read further than the queue holds, and goes on when there is room again', async () => {
    const small = new Cluster({ fetchMaxBytes: 1_000 })
    await small.createTopic('input', 1)
    const clock = new ManualClock()
    const gate = new Gate()
    const seen = new Notes<string>()
    const group = defineGroup('group').input(input, async (_ctx, message) => {
      await gate.promise
      seen.add(message)
    })
    const { runner } = await small.started(
      group,
      1,
      { maxQueuedBytes: 5_000 },
      small.goka({ clock }),
    )
    const values = Array.from({ length: 200 }, (_, index) => `${index}`.padStart(200))
    await small.produce(
      'input',
      values.map((value) => ({ key: 'k', value })),
    )
    const queued = () => runner.report().partitions[0]?.queuedBytes ?? 0
    await eventually(() => queued() > 5_000)
    // The callback takes longer than polling may wait: the partition is paused, and polling goes on.
    for (let moment = 0; moment < 5; moment++) {
      await settle()
      clock.advance(250)
    }
    await settle()
    expect(queued()).toBeLessThan(9_000)
    gate.open()
    expect(await seen.until(values.length)).toEqual(values)
    await small.close()
  })
})

import { describe, expect, it } from '@jest/globals'
import { Cluster } from './cluster.ts'
import { batchOf, type TestRecord } from './records.ts'

const DAY_MS = 86_400_000
const COMPACTED = { 'cleanup.policy': 'compact', 'delete.retention.ms': String(DAY_MS) }

async function filled(
  config: Readonly<Record<string, string>>,
  records: readonly TestRecord[],
): Promise<Cluster> {
  const cluster = await Cluster.with('t', 1, {}, config)
  await (await cluster.producer()).send(batchOf('t', records))
  return cluster
}

describe('compaction', () => {
  it('keeps the last record of each key, with its offset', async () => {
    await using cluster = await filled(COMPACTED, [
      [0, 'a', '1'],
      [0, 'b', '2'],
      [0, 'a', '3'],
      [0, 'c', '4'],
      [0, 'b', '5'],
    ])
    cluster.broker.compact('t')
    expect(await cluster.read('t')).toEqual(['t/0@2 a=3', 't/0@3 c=4', 't/0@4 b=5'])
    await (await cluster.producer()).send(batchOf('t', [[0, 'c', '6']]))
    cluster.broker.compact('t', 0)
    expect(await cluster.read('t')).toEqual(['t/0@2 a=3', 't/0@4 b=5', 't/0@5 c=6'])
  })

  it('keeps a tombstone for its time and the end when nothing is left', async () => {
    await using cluster = await filled(COMPACTED, [
      [0, 'a', '1'],
      [0, 'a', null],
    ])
    cluster.clock.advance(DAY_MS)
    cluster.broker.compact('t')
    expect(await cluster.read('t')).toEqual(['t/0@1 a=null'])
    cluster.clock.advance(1)
    cluster.broker.compact('t')
    expect(await cluster.read('t')).toEqual([])
    const [end] = await (await cluster.admin()).offsets([{ topic: 't', partition: 0 }], 'latest')
    expect(end?.offset).toBe(2)
  })

  it('drops what was aborted and touches nothing from the first open transaction on', async () => {
    await using cluster = await filled(COMPACTED, [[0, 'a', '1']])
    const [first, second] = await Promise.all([
      cluster.transactional('first'),
      cluster.transactional('second'),
    ])
    await first.begin()
    await first.send(batchOf('t', [[0, 'a', 'aborted']]))
    await first.abort()
    await second.begin()
    await second.send(batchOf('t', [[0, 'a', 'open']]))
    await (await cluster.producer()).send(
      batchOf('t', [
        [0, 'b', '5'],
        [0, 'b', '6'],
      ]),
    )
    cluster.broker.compact('t')
    const open = ['t/0@3 a=open', 't/0@4 b=5', 't/0@5 b=6']
    expect(await cluster.read('t', 0, 'read_uncommitted')).toEqual(['t/0@0 a=1', ...open])
    await second.abort()
    expect(await cluster.read('t')).toEqual(['t/0@0 a=1', 't/0@4 b=5', 't/0@5 b=6'])
    cluster.broker.compact('t')
    expect(await cluster.read('t', 0, 'read_uncommitted')).toEqual(['t/0@0 a=1', 't/0@5 b=6'])
  })

  it('happens by itself, so that a table that is written on and on takes bounded memory', async () => {
    await using cluster = await filled(COMPACTED, [[0, 'first', 'x']])
    const producer = await cluster.producer()
    const value = 'v'.repeat(1000)
    for (let round = 0; round < 100; round++) {
      await producer.send(
        batchOf(
          't',
          Array.from({ length: 100 }, (_, key) => [0, `k${key}`, value]),
        ),
      )
    }
    const lines = await cluster.read('t')
    expect(lines.length).toBeLessThan(4000)
    expect(new Set(lines.map((line) => line.replace(/^.* (.*)=.*/, '$1'))).size).toBe(101)
    expect(lines[0]).toBe('t/0@0 first=x')
  })
})

describe('retention', () => {
  it('drops by age, oldest first', async () => {
    await using cluster = await filled({ 'retention.ms': '1000' }, [[0, 'a', '1']])
    const producer = await cluster.producer()
    cluster.clock.advance(600)
    await producer.send(batchOf('t', [[0, 'b', '2']]))
    cluster.clock.advance(400)
    cluster.broker.applyRetention('t')
    expect(await cluster.read('t')).toEqual(['t/0@0 a=1', 't/0@1 b=2'])
    cluster.clock.advance(1)
    cluster.broker.applyRetention('t', 0)
    expect(await cluster.read('t')).toEqual(['t/0@1 b=2'])
    cluster.clock.advance(1000)
    cluster.broker.applyRetention('t')
    expect(await cluster.read('t')).toEqual([])
  })

  it('drops by size', async () => {
    await using cluster = await filled({ 'retention.bytes': '20' }, [
      [0, 'a', '1'.repeat(9)],
      [0, 'b', '2'.repeat(9)],
      [0, 'c', '3'.repeat(9)],
    ])
    cluster.broker.applyRetention('t')
    expect((await cluster.read('t')).length).toBe(2)
  })

  it('keeps everything from the first open transaction on', async () => {
    await using cluster = await filled({ 'retention.ms': '1000' }, [[0, 'a', '1']])
    const transactional = await cluster.transactional('id')
    await transactional.begin()
    await transactional.send(batchOf('t', [[0, 'b', '2']]))
    cluster.clock.advance(10_000)
    cluster.broker.applyRetention('t')
    expect(await cluster.read('t', 0, 'read_uncommitted')).toEqual(['t/0@1 b=2'])
  })

  it('that happens by itself counts the age from the latest record', async () => {
    await using cluster = await Cluster.with('t', 1, {}, { 'retention.ms': String(DAY_MS) })
    const producer = await cluster.producer()
    const send = (timestampMs: number, value: string) =>
      producer.send(batchOf('t', [[0, 'k', value.repeat(400_000)]], timestampMs))
    for (let n = 0; n < 10; n++) await send(1_000_000_000, 'a')
    expect((await cluster.read('t')).length).toBe(10)
    for (let n = 0; n < 10; n++) await send(1_000_000_001 + DAY_MS, 'b')
    const admin = await cluster.admin()
    const [start] = await admin.offsets([{ topic: 't', partition: 0 }], 'earliest')
    expect(start?.offset).toBe(10)
  })
})

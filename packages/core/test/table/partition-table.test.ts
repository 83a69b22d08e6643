import { type RecordBatch, RecordBatchBuilder } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { Cell, type CellContent } from '../../src/table/cell-cache.ts'
import { PartitionTable } from '../../src/table/partition-table.ts'
import { ManualClock } from '../manual-clock.ts'
import { Gate } from '../waiting.ts'
import { FakeStore } from './fake-store.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const text = (value: CellContent): string | undefined =>
  value === undefined ? undefined : Buffer.from(value as Uint8Array).toString()

function make(store = new FakeStore(), position = 0) {
  const clock = new ManualClock(5_000)
  const encode = (value: unknown): Uint8Array => bytes(String(value))
  const table = new PartitionTable(
    'table',
    3,
    store,
    position,
    'id-1',
    100_000,
    clock,
    undefined,
    encode,
  )
  return { table, store, clock }
}

/** Records `key=value` from an offset on; `key` alone deletes. */
function batchOf(offset: number, lines: readonly string[], nextOffset?: number): RecordBatch {
  const builder = new RecordBatchBuilder('table', 3)
  for (const [index, line] of lines.entries()) {
    const [key = '', value] = line.split('=')
    builder.add(
      offset + index,
      1,
      key === 'null' ? null : bytes(key),
      value === undefined ? null : bytes(value),
      [],
    )
  }
  return builder.build(nextOffset ?? offset + lines.length, false)
}

describe('a table that reads its topic', () => {
  it('writes the last value of each key, once', async () => {
    const { table, store } = make()
    await table.apply([batchOf(0, ['a=1', 'b=1', 'a=2']), batchOf(3, ['b=2', 'c=1'])])
    expect(store.batches).toHaveLength(1)
    expect(store.batches[0]?.keys).toEqual(['a', 'b', 'c'])
    expect(store.batches[0]?.values.map(text)).toEqual(['2', '2', '1'])
  })

  it('deletes by tombstones, and a later value brings the key back', async () => {
    const { table, store } = make()
    await table.apply([batchOf(0, ['a=1', 'b=1', 'a', 'b', 'b=2', 'never'])])
    expect(store.batches[0]?.values.map(text)).toEqual([undefined, '2', undefined])
    expect([...store.values.keys()]).toEqual(['b'])
  })

  it('keeps empty values, empty keys, and the values of no key under the empty one', async () => {
    const { table, store } = make()
    await table.apply([batchOf(0, ['a=', '=1', 'null=2'])])
    expect(text(store.values.get('a'))).toBe('')
    expect(text(store.values.get(''))).toBe('2')
  })

  it('writes its position, the topic and the time with the values', async () => {
    const { table, store } = make()
    await table.apply([batchOf(7, ['a=1'], 12)])
    expect(store.checkpoint).toEqual({ position: 12, inputs: {}, timeMs: 5_000, topicId: 'id-1' })
    expect(table.position).toBe(12)
  })

  it('moves on over offsets without records, and writes nothing when nothing has changed', async () => {
    const { table, store } = make()
    await table.apply([batchOf(0, [], 4)])
    expect(table.position).toBe(4)
    expect(store.checkpoint?.position).toBe(4)
    await table.apply([batchOf(4, [], 4)])
    expect(store.batches).toHaveLength(1)
  })

  it('keeps the positions of inputs that were there', async () => {
    const inputs = { input: 9 }
    const { table, store } = make(
      new FakeStore({ position: 2, inputs, timeMs: 1, topicId: 'id-1' }),
      2,
    )
    await table.apply([batchOf(2, ['a=1'])])
    expect(store.checkpoint?.inputs).toEqual(inputs)
  })

  it('writes very many records in several batches, in order', async () => {
    const { table, store } = make()
    const batches = Array.from({ length: 10 }, (_, batch) =>
      batchOf(
        batch * 5_000,
        Array.from({ length: 5_000 }, (_, index) => `k${index % 7_000}=${batch * 5_000 + index}`),
      ),
    )
    await table.apply(batches)
    expect(store.batches.length).toBeGreaterThan(1)
    expect(store.batches.map(({ checkpoint }) => checkpoint?.position)).toEqual([
      20_000, 40_000, 50_000,
    ])
    expect(text(store.values.get('k4999'))).toBe('49999')
    expect([table.recordsRead, table.position]).toEqual([50_000, 50_000])
  })

  it('is at its old position when the store cannot be written', async () => {
    const { table, store } = make()
    store.gate = Promise.reject(new Error('full'))
    await expect(table.apply([batchOf(0, ['a=1'])])).rejects.toThrow('full')
    expect(table.position).toBe(0)
  })

  it('brings the values in use up to date, with copies', async () => {
    const { table } = make()
    await table.apply([batchOf(0, ['a=1', 'b=1'])])
    expect(text((await table.get('a')).content)).toBe('1')
    const update = batchOf(2, ['a=2', 'b=2'])
    await table.apply([update])
    const content = table.cells.get('a')?.content as Uint8Array
    expect(text(content)).toBe('2')
    expect(content.buffer).not.toBe(update.value(0)?.buffer)
    await table.apply([batchOf(4, ['a'])])
    expect(await table.get('a')).toMatchObject({ loaded: true, content: undefined })
  })
})

describe('a value of a table', () => {
  it('is read once, at once where the store answers at once', async () => {
    const { table, store } = make()
    store.values.set('a', bytes('1'))
    expect(text((table.get('a') as Cell).content)).toBe('1')
    store.values.set('a', bytes('changed behind its back'))
    expect(text((table.get('a') as Cell).content)).toBe('1')
    expect(table.get('none')).toMatchObject({ loaded: true, content: undefined })
  })

  it('that is read later does not hide an update that came meanwhile', async () => {
    const { table, store } = make()
    const gate = new Gate()
    store.reading = gate.promise
    store.values.set('a', bytes('1'))
    const reading = table.get('a')
    await table.apply([batchOf(0, ['a=2'])])
    gate.open()
    expect(text((await reading).content)).toBe('2')
    expect(text((await table.get('a')).content)).toBe('2')
  })

  it('is forgotten with the values in use', async () => {
    const { table, store } = make()
    store.values.set('a', bytes('1'))
    await table.get('a')
    table.resetCells()
    store.values.set('a', bytes('2'))
    expect(text((await table.get('a')).content)).toBe('2')
  })
})

describe('a table that its task writes', () => {
  const cellOf = (key: string): Cell => new Cell(key)

  it('keeps its position when the commit wrote nothing to it, and adds the inputs up', async () => {
    const { table, store } = make(undefined, 4)
    table.write([cellOf('a')], [bytes('1')], 5, new Map([['one', 10]]))
    table.write([], [], undefined, new Map([['two', 20]]))
    expect([table.position, table.writes]).toEqual([5, 1])
    await table.flush()
    expect(store.checkpoint).toMatchObject({ position: 5, inputs: { one: 10, two: 20 } })
  })

  it('writes a key once for many commits, its last value, when it is flushed', async () => {
    const { table, store } = make()
    const [a, b] = [cellOf('a'), cellOf('b')]
    table.write([a, b], [bytes('1'), bytes('1')], 2, new Map())
    table.write([a], [bytes('2')], 3, new Map())
    table.write([b], [undefined], 4, new Map())
    expect(store.batches).toEqual([])
    await table.flush()
    expect(store.batches).toHaveLength(1)
    expect(store.batches[0]?.keys).toEqual(['a', 'b'])
    expect(store.batches[0]?.values.map(text)).toEqual(['2', undefined])
    expect(store.checkpoint).toMatchObject({ position: 4 })
    await table.flush()
    expect(store.batches).toHaveLength(1)
  })

  it('encodes what has no bytes yet when it is read or flushed', async () => {
    const { table, store } = make()
    table.write([cellOf('a')], [12], 1, new Map())
    expect((await table.read(['a', 'b'])).map(text)).toEqual(['12', undefined])
    await table.flush()
    expect(store.batches[0]?.values.map(text)).toEqual(['12'])
  })

  it('reads what was committed, whether the store has it or not', async () => {
    const { table, store } = make()
    store.values.set('a', bytes('0'))
    store.values.set('b', bytes('0'))
    table.write([cellOf('a'), cellOf('b')], [bytes('1'), undefined], 2, new Map())
    expect((await table.read(['a', 'b'])).map(text)).toEqual(['1', undefined])
    const gate = new Gate()
    store.gate = gate.promise
    const flushed = table.flush()
    expect((await table.read(['a', 'b'])).map(text)).toEqual(['1', undefined])
    table.write([cellOf('a')], [bytes('2')], 3, new Map())
    expect((await table.read(['a'])).map(text)).toEqual(['2'])
    gate.open()
    await flushed
    expect((await table.read(['a'])).map(text)).toEqual(['2'])
    expect(text(store.values.get('a'))).toBe('1')
  })

  it('has the store up to date before it is walked over, read on from its topic, and closed', async () => {
    const { table, store } = make()
    table.write([cellOf('a')], [bytes('1')], 1, new Map())
    await (await table.iterate({})).close()
    expect(text(store.values.get('a'))).toBe('1')
    table.write([cellOf('a')], [bytes('2')], 2, new Map())
    await table.apply([batchOf(2, ['b=1'])])
    expect(store.batches.map(({ keys }) => keys)).toEqual([['a'], ['a'], ['b']])
    table.write([cellOf('a')], [bytes('3')], 4, new Map())
    await table.close()
    expect(text(store.values.get('a'))).toBe('3')
    expect(store.checkpoint).toMatchObject({ position: 4 })
    await table.flush()
    expect(store.batches).toHaveLength(4)
  })

  it('takes no later checkpoint into its store after a write to it has failed', async () => {
    const { table, store } = make()
    const failure = new Error('full')
    store.failure = failure
    table.write([cellOf('a')], [bytes('1')], 1, new Map())
    await expect(table.flush()).rejects.toBe(failure)
    store.failure = undefined
    table.write([cellOf('b')], [bytes('1')], 2, new Map())
    await expect(table.flush()).rejects.toBe(failure)
    await expect(table.apply([batchOf(2, ['c=1'])])).rejects.toBe(failure)
    expect((await table.read(['a', 'b'])).map(text)).toEqual(['1', '1'])
    await table.close()
    expect([store.checkpoint, [...store.values], store.closed]).toEqual([undefined, [], 1])
  })

  it('is full when what is not in the store takes a share of its cache', () => {
    const { table } = make()
    table.write([cellOf('a')], [Buffer.alloc(20_000)], 1, new Map())
    expect(table.isFull).toBe(false)
    table.write([cellOf('a')], [Buffer.alloc(20_000)], 2, new Map())
    expect(table.isFull).toBe(true)
  })

  it('closes its store once', async () => {
    const { table, store } = make()
    await table.close()
    await table.close()
    expect(store.closed).toBe(1)
  })
})

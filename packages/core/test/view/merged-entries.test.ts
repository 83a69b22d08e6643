import type { KeyRange } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { PartitionTable } from '../../src/table/partition-table.ts'
import { mergedEntries } from '../../src/view/merged-entries.ts'
import { ManualClock } from '../manual-clock.ts'
import { FakeStore } from '../table/fake-store.ts'

function make(...partitions: readonly (readonly string[])[]) {
  const stores = partitions.map((keys) => {
    const store = new FakeStore()
    for (const key of keys) store.values.set(key, Buffer.from(key))
    return store
  })
  const tables = stores.map(
    (store, index) => new PartitionTable('table', index, store, 0, undefined, 0, new ManualClock()),
  )
  return { stores, tables }
}

async function keysOf(tables: readonly PartitionTable[], range: KeyRange): Promise<string[]> {
  const keys: string[] = []
  for await (const [key, value] of mergedEntries(tables, range)) {
    expect(Buffer.from(value).toString()).toBe(key)
    keys.push(key)
  }
  return keys
}

describe('the entries of several partitions', () => {
  it('come in the order of their keys, forwards and backwards', async () => {
    const { tables } = make(['a', 'd', 'g'], [], ['b', 'c'], ['e', 'f', 'h'])
    expect((await keysOf(tables, {})).join('')).toBe('abcdefgh')
    expect((await keysOf(tables, { reverse: true })).join('')).toBe('hgfedcba')
  })

  it('come page by page', async () => {
    const keys = Array.from({ length: 1_500 }, (_, index) => `${index}`.padStart(4, '0'))
    const { tables } = make(
      keys.filter((_, index) => index % 5 === 0),
      keys.filter((_, index) => index % 5 !== 0),
    )
    expect(await keysOf(tables, {})).toEqual(keys)
  })

  it('are limited all together', async () => {
    const { tables } = make(['a', 'd'], ['b', 'c'])
    expect(await keysOf(tables, { limit: 3 })).toEqual(['a', 'b', 'c'])
    expect(await keysOf(tables, { limit: 2, reverse: true })).toEqual(['d', 'c'])
    expect(await keysOf(tables, { limit: 0 })).toEqual([])
  })

  it('of nothing are none', async () => {
    expect(await keysOf([], {})).toEqual([])
    expect(await keysOf(make([], []).tables, {})).toEqual([])
  })

  it('leave nothing open, also when the walk is left', async () => {
    const { tables, stores } = make(['a', 'c'], ['b'])
    for await (const [key] of mergedEntries(tables, {})) if (key === 'b') break
    expect(stores.map(({ closed }) => closed)).toEqual([1, 1])
    await keysOf(tables, {})
    expect(stores.map(({ closed }) => closed)).toEqual([2, 2])
  })

  it('leave nothing open when one of the stores cannot be read', async () => {
    const { tables, stores } = make(['a'], ['b'], ['c'])
    const second = stores[1] as FakeStore
    second.iterate = () => {
      throw new Error('closed')
    }
    await expect(keysOf(tables, {})).rejects.toThrow('closed')
    expect(stores[0]?.closed).toBe(1)
  })
})

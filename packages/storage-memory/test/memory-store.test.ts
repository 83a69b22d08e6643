import type { Logger, Store } from '@goka/interface'
import { memory } from '@goka/storage-memory'
import { describe, expect, it } from '@jest/globals'

const NAME = { scope: 'view', topic: 'orders-table', partition: 3 }
const SILENT: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => SILENT,
}

const open = (storage = memory()): Promise<Store> => storage.open(NAME, { log: SILENT })

async function put(store: Store, entries: Record<string, number | undefined>): Promise<void> {
  const values = Object.values(entries)
  await store.write({
    keys: Object.keys(entries),
    values: values.map((value) => (value === undefined ? undefined : Uint8Array.of(value))),
    checkpoint: undefined,
  })
}

async function walk(store: Store, from = store.iterate({})): Promise<string> {
  let found = ''
  for (;;) {
    const entries = await from.next(2)
    if (entries.length === 0) return found
    for (const [key, value] of entries) found += `${key}${value[0]} `
  }
}

describe('a store in memory', () => {
  it('keeps no more memory alive than its values are long', async () => {
    const store = await open()
    const slab = new Uint8Array(1 << 20)
    const values = [slab.subarray(5, 13), slab.subarray(100, 300), Buffer.from('pooled')]
    await store.write({ keys: ['a', 'b', 'c'], values, checkpoint: undefined })
    const kept = await store.getMany(['a', 'b', 'c'])
    expect(kept.map((value) => value?.buffer.byteLength)).toEqual([8, 200, 6])
  })

  it('shows each walk the state that it began with, however many overlap', async () => {
    const store = await open()
    await put(store, { a: 1, b: 1, c: 1 })
    const first = store.iterate({})
    const firstToo = store.iterate({})
    await put(store, { a: 2, b: undefined, d: 2 })
    const second = store.iterate({})
    await put(store, { a: 3, b: 3, c: undefined, d: undefined })
    const third = store.iterate({})
    await put(store, { a: undefined, b: undefined })
    expect(await walk(store, second)).toBe('a2 c1 d2 ')
    expect(await walk(store, first)).toBe('a1 b1 c1 ')
    expect(await walk(store, third)).toBe('a3 b3 ')
    expect(await walk(store, firstToo)).toBe('a1 b1 c1 ')
    expect(await walk(store)).toBe('')
  })

  it('shows the same state to a walk that begins after others of it have ended', async () => {
    const store = await open()
    await put(store, { a: 1 })
    await walk(store)
    const late = store.iterate({})
    await put(store, { a: 2 })
    expect(await walk(store, late)).toBe('a1 ')
  })

  it('names the store and the remedy when it is opened twice', async () => {
    const storage = memory()
    await open(storage)
    await expect(open(storage)).rejects.toMatchObject({
      code: 'GOKA_STORAGE_LOCKED',
      message: 'the memory store of orders-table/3 is open; close it before it is opened again',
      details: { storage: 'memory', topic: 'orders-table', partition: 3, path: '' },
    })
    await expect(storage.drop(NAME)).rejects.toMatchObject({
      code: 'GOKA_STORAGE_LOCKED',
      message: 'the memory store of orders-table/3 is open; close it before it is dropped',
    })
  })
})

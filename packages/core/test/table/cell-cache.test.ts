import { describe, expect, it } from '@jest/globals'
import { type Cell, CellCache } from '../../src/table/cell-cache.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

/** A cache with loaded cells of these keys. */
function cacheOf(limitBytes: number, keys: readonly string[]): CellCache {
  const cache = new CellCache(limitBytes)
  for (const key of keys) cache.add(key).load(bytes(key))
  return cache
}

describe('a cell', () => {
  it('knows nothing until it is loaded', () => {
    const cell = new CellCache(1_000).add('a')
    expect([cell.loaded, cell.decoded, cell.content]).toEqual([false, false, undefined])
  })

  it('that is loaded with nothing is decoded, as undefined', () => {
    const cell = new CellCache(1_000).add('a')
    cell.load(bytes('x'))
    cell.value = 'x'
    cell.decoded = true
    cell.load(undefined)
    expect([cell.loaded, cell.decoded, cell.value]).toEqual([true, true, undefined])
  })

  it('that is loaded anew forgets what was decoded', () => {
    const cell = new CellCache(1_000).add('a')
    cell.value = 'old'
    cell.decoded = true
    cell.load(bytes('new'))
    expect([cell.decoded, cell.value]).toEqual([false, undefined])
  })
})

describe('a cache of cells', () => {
  it('is full when what was loaded into its cells or written to them fills half of it, counted once', () => {
    const cache = new CellCache(3_000)
    const cell = cache.add('a')
    cell.load(new Uint8Array(1_000))
    cache.recount(cell)
    cache.recount(cell)
    expect(cache.isFull).toBe(false)
    cell.load(new Uint8Array(2_000))
    cache.recount(cell)
    expect(cache.isFull).toBe(true)
    cell.load(undefined)
    cache.recount(cell)
    expect(cache.isFull).toBe(false)
  })

  it('finds what was added, by key', () => {
    const cache = cacheOf(10_000, ['a', 'b'])
    expect(cache.get('a')?.content).toEqual(bytes('a'))
    expect(cache.get('c')).toBeUndefined()
    expect(cache.size).toBe(2)
  })

  it('is full when the young generation has half of the bytes', () => {
    const cache = new CellCache(1_000)
    cache.add('a')
    cache.add('b')
    expect(cache.isFull).toBe(false)
    cache.add('c')
    expect(cache.isFull).toBe(true)
    cache.limitBytes = 100_000
    expect(cache.isFull).toBe(false)
  })

  it('keeps what is in use through rotations and drops the rest', () => {
    const cache = cacheOf(10_000, ['used', 'unused'])
    cache.rotate([])
    expect(cache.size).toBe(2)
    const used = cache.get('used')
    cache.rotate([])
    expect(cache.get('used')).toBe(used)
    expect(cache.get('unused')).toBeUndefined()
  })

  it('keeps pinned cells, in use or not', () => {
    const cache = cacheOf(10_000, ['pinned', 'other'])
    const pinned = cache.get('pinned')
    for (let round = 0; round < 3; round++) cache.rotate(pinned === undefined ? [] : [pinned])
    expect(cache.get('pinned')).toBe(pinned)
    expect(cache.size).toBe(1)
  })

  it('takes a pinned cell once, however often it is named', () => {
    const cache = cacheOf(10_000, ['a'])
    const cell = cache.get('a')
    if (cell === undefined) throw new Error('no cell')
    cache.rotate([cell, cell, cell])
    expect(cache.size).toBe(1)
  })

  it('with no room at all is full with its first cell', () => {
    const cache = new CellCache(0)
    expect(cache.isFull).toBe(false)
    cache.add('a')
    expect(cache.isFull).toBe(true)
  })

  it('finds cells by the number of their key, until the numbers are others', () => {
    const cache = cacheOf(10_000, ['a', 'b'])
    const [a, b] = [cache.get('a') as Cell, cache.get('b') as Cell]
    cache.remember(2, b)
    cache.remember(0, a)
    expect(cache.numbered(0)).toEqual([])
    const numbered = cache.numbered(7)
    expect(numbered).toEqual([])
    cache.remember(2, b)
    cache.remember(0, a)
    expect(cache.numbered(7)).toEqual([a, undefined, b])
    expect(cache.numbered(8)).toEqual([])
  })

  it('does not find a cell by its number that it has dropped', () => {
    const cache = cacheOf(10_000, ['a'])
    cache.numbered(1)
    cache.remember(0, cache.get('a') as Cell)
    cache.rotate([])
    expect(cache.numbered(1)).toEqual([])
    cache.rotate([])
    expect(cache.get('a')).toBeUndefined()
  })
})

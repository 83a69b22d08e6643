import assert from 'node:assert/strict'
import type { Store } from '@goka/interface'
import { hex, utf8 } from '../bytes.ts'
import { expectCode } from '../expect-code.ts'
import { entries, hexKey, put, rest, type StorageTests } from './storage-case.ts'

const KEYS = Array.from({ length: 40 }, (_, index) => `key-${String(index).padStart(2, '0')}`)

async function fill(store: Store, keys: readonly string[] = KEYS): Promise<void> {
  await put(
    store,
    keys.map((key) => [key, utf8(`old ${key}`)]),
  )
}

const old = (key: string): string[] => [hexKey(key), hex(utf8(`old ${key}`))]

export const iteratorTests: StorageTests = {
  'next returns at most as many entries as asked for, and all of them in the end': async ({
    open,
  }) => {
    const store = await open()
    await fill(store)
    for (const size of [1, 3, 7, 39, 40, 41, 1000]) {
      const iterator = store.iterate({})
      const found: string[][] = []
      for (;;) {
        const batch = await iterator.next(size)
        assert.ok(batch.length <= size, `${batch.length} entries, asked for ${size}`)
        if (batch.length === 0) break
        for (const [key, value] of batch) found.push([hexKey(key), hex(value)])
      }
      await iterator.close()
      assert.deepEqual(found, KEYS.map(old), `by ${size}`)
    }
  },

  'the size may change from one next to the other': async ({ open }) => {
    const store = await open()
    await fill(store)
    const iterator = store.iterate({ reverse: true, limit: 30 })
    const found: string[] = []
    for (let size = 1; ; size++) {
      const batch = await iterator.next(size)
      if (batch.length === 0) break
      for (const [key] of batch) found.push(key)
    }
    await iterator.close()
    assert.deepEqual(found, KEYS.toReversed().slice(0, 30))
  },

  'the end stays the end': async ({ open }) => {
    const store = await open()
    await fill(store, ['a'])
    const iterator = store.iterate({})
    assert.deepEqual(await rest(iterator), [old('a')])
    assert.equal((await iterator.next(5)).length, 0)
    await put(store, [['b', utf8('late')]])
    assert.equal((await iterator.next(5)).length, 0)
    assert.equal((await iterator.next(5)).length, 0)
    await iterator.close()
  },

  'iterators are independent of each other': async ({ open }) => {
    const store = await open()
    await fill(store)
    const forwards = store.iterate({})
    const backwards = store.iterate({ reverse: true })
    const ranged = store.iterate({ gte: 'key-10', lt: 'key-20' })
    const found: string[][] = [[], [], []]
    for (let round = 0; round < 60; round++) {
      for (const [index, iterator] of [forwards, backwards, ranged].entries()) {
        for (const [key] of await iterator.next(1)) found[index]?.push(key)
      }
    }
    for (const iterator of [forwards, backwards, ranged]) await iterator.close()
    assert.deepEqual(found, [KEYS, KEYS.toReversed(), KEYS.slice(10, 20)])
  },

  'after its close an iterator throws, and may be closed again': async ({ open }) => {
    const store = await open()
    await fill(store)
    const iterator = store.iterate({})
    await iterator.next(2)
    await iterator.close()
    await expectCode('GOKA_STORAGE_NOT_OPEN', () => iterator.next(2))
    await iterator.close()
    const atEnd = store.iterate({ limit: 0 })
    await rest(atEnd)
    await atEnd.close()
    await expectCode('GOKA_STORAGE_NOT_OPEN', () => atEnd.next(2))
    assert.deepEqual(await entries(store), KEYS.map(old))
  },

  'an iterator may be closed while a next is under way': async ({ open }) => {
    const store = await open()
    await fill(store)
    const iterator = store.iterate({})
    const next = settled(async () => iterator.next(10))
    await iterator.close()
    const outcome = await next
    if (outcome !== 'GOKA_STORAGE_NOT_OPEN') assert.equal(outcome, 10)
    await expectCode('GOKA_STORAGE_NOT_OPEN', () => iterator.next(1))
    assert.deepEqual(await entries(store), KEYS.map(old))
  },

  'an iterator over writes sees what the snapshots capability promises': async ({
    storage,
    open,
  }) => {
    const store = await open()
    await fill(store)
    const early = store.iterate({})
    const started = store.iterate({})
    const first = await started.next(5)
    const changed = new Map<string, Uint8Array | undefined>()
    for (const [index, key] of KEYS.entries()) {
      if (index % 3 === 0) changed.set(key, utf8(`new ${key}`))
      if (index % 3 === 1) changed.set(key, undefined)
      if (index % 5 === 0) changed.set(`${key}-added`, utf8('added'))
    }
    await put(store, changed)
    const walks = [
      await rest(early),
      [...first.map(([key, value]) => [hexKey(key), hex(value)]), ...(await rest(started))],
    ]
    await early.close()
    await started.close()
    for (const walk of walks) {
      if (storage.capabilities.snapshots) assert.deepEqual(walk, KEYS.map(old))
      else assertWeakly(walk, changed)
    }
    const late = await entries(store)
    const expected = new Map(KEYS.map((key) => [key, utf8(`old ${key}`)]))
    for (const [key, value] of changed) {
      if (value === undefined) expected.delete(key)
      else expected.set(key, value)
    }
    const ordered = [...expected].sort(([a], [b]) => (a < b ? -1 : 1))
    assert.deepEqual(
      late,
      ordered.map(([key, value]) => [hexKey(key), hex(value)]),
    )
  },

  'a walk over 10 000 keys finds each once and in order, both ways': async ({ open }) => {
    const store = await open()
    const keys = Array.from({ length: 10_000 }, (_, index) => String(index).padStart(5, '0'))
    for (let at = 0; at < keys.length; at += 2500) await fill(store, keys.slice(at, at + 2500))
    const expected = keys.map(hexKey)
    const forwards = await entries(store, {}, 777)
    assert.deepEqual(
      forwards.map(([key]) => key),
      expected,
    )
    const backwards = await entries(store, { reverse: true, gte: '01000', limit: 8500 }, 64)
    assert.deepEqual(
      backwards.map(([key]) => key),
      expected.toReversed().slice(0, 8500),
    )
  },

  'large values do not break a batch of entries': async ({ open }) => {
    const store = await open()
    const value = new Uint8Array(300_000).fill(7)
    const keys = Array.from({ length: 20 }, (_, index) => `key-${String(index).padStart(2, '0')}`)
    for (const key of keys) await put(store, [[key, value]])
    const found = await entries(store, {}, 20)
    assert.deepEqual(
      found.map(([key]) => key),
      keys.map(hexKey),
    )
    assert.ok(found.every(([, bytes]) => bytes?.length === 600_000))
  },
}

/** Without snapshots: each key at most once, in order, with its old or new value; untouched ones surely. */
function assertWeakly(
  walk: readonly string[][],
  changed: ReadonlyMap<string, Uint8Array | undefined>,
): void {
  const keys = walk.map(([key]) => key as string)
  assert.deepEqual(keys, [...new Set(keys)].sort(), 'each key once and in order')
  for (const key of KEYS) {
    if (!changed.has(key)) assert.ok(keys.includes(hexKey(key)), `${key} is missing`)
    if (changed.get(key) !== undefined) assert.ok(keys.includes(hexKey(key)), `${key} is missing`)
  }
  const allowed = new Set<string>()
  for (const key of KEYS) allowed.add(old(key).join('='))
  for (const [key, value] of changed) {
    if (value !== undefined) allowed.add(`${hexKey(key)}=${hex(value)}`)
  }
  for (const entry of walk)
    assert.ok(allowed.has(entry.join('=')), `${entry.join('=')} was never written`)
}

/** How many entries a `next` gave, or the code that it failed with. */
async function settled(next: () => Promise<readonly unknown[]>): Promise<unknown> {
  try {
    return (await next()).length
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

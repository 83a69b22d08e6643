import assert from 'node:assert/strict'
import { isGokaError, type StoreName } from '@goka/interface'
import { hex, utf8 } from '../bytes.ts'
import { expectCode } from '../expect-code.ts'
import { ODD_KEYS } from './keys.ts'
import { entries, get, hexKey, plain, put, STORE, type StorageTests } from './storage-case.ts'

const CHECKPOINT = { position: 3, inputs: { input: 4 }, timeMs: 5, topicId: undefined }

/** Stores that are easily taken for each other: one inside the other's folder, the same path after joining, ... */
export const NAMES: readonly StoreName[] = [
  { scope: '', topic: 'a', partition: 0 },
  { scope: '', topic: 'a', partition: 1 },
  { scope: '', topic: 'a', partition: 10 },
  { scope: '', topic: 'a1', partition: 0 },
  { scope: '', topic: 'A', partition: 0 },
  { scope: '', topic: 'a.0', partition: 0 },
  { scope: '', topic: 'a-1', partition: 0 },
  { scope: '', topic: 'a', partition: 11 },
  { scope: 'view', topic: 'a', partition: 0 },
  { scope: 'view', topic: '0', partition: 0 },
  { scope: 'view/a', topic: '0', partition: 0 },
  { scope: 'view/a/0', topic: 'a', partition: 0 },
  { scope: 'a', topic: 'a', partition: 0 },
  { scope: 'processor/view', topic: 'a', partition: 0 },
  { scope: 'processor/view:a', topic: 'a', partition: 0 },
  { scope: 'processor/a b', topic: 'a', partition: 0 },
  { scope: 'processor/a%20b', topic: 'a', partition: 0 },
  { scope: 'processor/ä\u{1f600}', topic: 'a', partition: 0 },
  { scope: 'processor/..', topic: 'a', partition: 0 },
  { scope: 'processor/../view', topic: 'a', partition: 0 },
  { scope: 'processor/.', topic: 'a', partition: 0 },
]

export const openTests: StorageTests = {
  'a closed store is as it was where the storage is persistent, and empty where it is not': async ({
    storage,
    open,
  }) => {
    const { persistent } = storage.capabilities
    const store = await open()
    await put(
      store,
      ODD_KEYS.map((key) => [key, utf8(`of ${key}`)]),
      CHECKPOINT,
    )
    await put(store, [['0', undefined]])
    await store.close()
    const again = await open()
    const kept = ODD_KEYS.filter((key) => persistent && key !== '0')
    assert.deepEqual(
      (await entries(again)).sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
      kept
        .map((key) => [hexKey(key), hex(utf8(`of ${key}`))])
        .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    )
    assert.deepEqual(plain(again.checkpoint), persistent ? plain(CHECKPOINT) : undefined)
  },

  'another storage over the same place finds what was written where it is persistent': async ({
    storage,
    another,
    open,
  }) => {
    const store = await open()
    await put(store, [['a', utf8('A')]], CHECKPOINT)
    await store.close()
    const again = await open({}, await another())
    const { persistent } = storage.capabilities
    assert.deepEqual(await entries(again), persistent ? [['61', '41']] : [])
    assert.deepEqual(plain(again.checkpoint), persistent ? plain(CHECKPOINT) : undefined)
  },

  'a store cannot be open twice': async ({ open }) => {
    const store = await open()
    await put(store, [['a', utf8('A')]])
    await expectCode('GOKA_STORAGE_LOCKED', () => open())
    assert.deepEqual(await get(store, 'a'), ['41'])
    await put(store, [['a', utf8('B')]])
    await store.close()
    const again = await open()
    await put(again, [['b', utf8('B')]])
    assert.deepEqual(await get(again, 'b'), ['42'])
  },

  'of two that open a store at the same time one succeeds': async ({ open }) => {
    const outcomes = await Promise.allSettled([open(), open(), open()])
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') await put(outcome.value, [['a', utf8('A')]])
      else assert.ok(isGokaError(outcome.reason, 'GOKA_STORAGE_LOCKED'), String(outcome.reason))
    }
  },

  'a store that another storage has open is locked where the storage is persistent': async ({
    storage,
    another,
    open,
  }) => {
    const store = await open()
    const other = await another()
    if (storage.capabilities.persistent) {
      await expectCode('GOKA_STORAGE_LOCKED', () => open({}, other))
      await store.close()
      await open({}, other)
    } else {
      await put(store, [['a', utf8('A')]])
      assert.deepEqual(await entries(await open({}, other)), [])
    }
  },

  'stores of different scopes, topics and partitions are apart': async ({ open }) => {
    const stores = await Promise.all(NAMES.map((name) => open(name)))
    for (const [index, store] of stores.entries()) {
      await put(store, [['a', utf8(`of ${index}`)]], { ...CHECKPOINT, position: index })
    }
    for (const [index, store] of stores.entries()) {
      const found = await entries(store)
      assert.deepEqual(found, [['61', hex(utf8(`of ${index}`))]], JSON.stringify(NAMES[index]))
      assert.equal(store.checkpoint?.position, index)
    }
  },

  'many stores can be open at a time': async ({ open }) => {
    const stores = await Promise.all(
      Array.from({ length: 24 }, (_, partition) => open({ ...STORE, partition })),
    )
    await Promise.all(stores.map((store, index) => put(store, [['a', utf8(String(index))]])))
    const found = await Promise.all(stores.map((store) => get(store, 'a')))
    assert.deepEqual(
      found,
      stores.map((_, index) => [hex(utf8(String(index)))]),
    )
  },

  'a storage has a name and capabilities': async ({ storage }) => {
    assert.ok(storage.name.length > 0)
    const { persistent, snapshots } = storage.capabilities
    assert.deepEqual([typeof persistent, typeof snapshots], ['boolean', 'boolean'])
  },
}

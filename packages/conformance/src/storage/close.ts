import assert from 'node:assert/strict'
import { hex, utf8 } from '../bytes.ts'
import { expectCode } from '../expect-code.ts'
import { entries, get, plain, put, type StorageTests } from './storage-case.ts'

const CHECKPOINT = { position: 3, inputs: {}, timeMs: 5, topicId: undefined }

export const closeTests: StorageTests = {
  'after a close every call fails with its code': async ({ open }) => {
    const store = await open()
    await put(store, [['a', utf8('A')]])
    await store.close()
    await expectCode('GOKA_STORAGE_NOT_OPEN', () => store.getMany(['a']))
    await expectCode('GOKA_STORAGE_NOT_OPEN', () => store.getMany([]))
    await expectCode('GOKA_STORAGE_NOT_OPEN', () => put(store, [['a', utf8('B')]]))
    await expectCode('GOKA_STORAGE_NOT_OPEN', () => put(store, []))
    await expectCode('GOKA_STORAGE_NOT_OPEN', () => store.iterate({}))
  },

  'a write after a close changes nothing': async ({ storage, open }) => {
    const store = await open()
    await put(store, [['a', utf8('A')]], CHECKPOINT)
    await store.close()
    const write = put(store, [['a', utf8('B')]], { ...CHECKPOINT, position: 99 })
    await expectCode('GOKA_STORAGE_NOT_OPEN', () => write)
    const again = await open()
    const { persistent } = storage.capabilities
    assert.deepEqual(await get(again, 'a'), [persistent ? '41' : 'none'])
    assert.equal(again.checkpoint?.position, persistent ? 3 : undefined)
  },

  'a store may be closed again, and several times at once': async ({ open }) => {
    const store = await open()
    await Promise.all([store.close(), store.close()])
    await store.close()
    const again = await open()
    // The store that is open now is another one: closing the old one does not touch it.
    await store.close()
    await put(again, [['a', utf8('A')]])
    assert.deepEqual(await get(again, 'a'), ['41'])
    await expectCode('GOKA_STORAGE_LOCKED', () => open())
  },

  'a close ends open iterators': async ({ open }) => {
    const store = await open()
    await put(store, [
      ['a', utf8('A')],
      ['b', utf8('B')],
    ])
    const iterators = [store.iterate({}), store.iterate({ reverse: true }), store.iterate({})]
    for (const iterator of iterators.slice(1)) await iterator.next(1)
    await store.close()
    for (const iterator of iterators) {
      await expectCode('GOKA_STORAGE_NOT_OPEN', () => iterator.next(1))
      await iterator.close()
    }
    await open()
  },

  'a close waits for running reads and writes': async ({ storage, open }) => {
    const store = await open()
    const keys = Array.from({ length: 2000 }, (_, index) => `key-${index}`)
    await put(
      store,
      keys.map((key) => [key, utf8('old')]),
    )
    const write = put(
      store,
      keys.map((key) => [key, utf8('new')]),
      CHECKPOINT,
    )
    const reads = [get(store, ...keys), get(store, ...keys.toReversed())]
    await store.close()
    await write
    const allowed = [hex(utf8('old')), hex(utf8('new'))]
    for (const found of await Promise.all(reads)) {
      assert.equal(found.length, keys.length)
      assert.ok(found.every((value) => allowed.includes(value)))
    }
    const again = await open()
    if (storage.capabilities.persistent) {
      assert.deepEqual(await get(again, 'key-0', 'key-1999'), [allowed[1], allowed[1]])
      assert.deepEqual(plain(again.checkpoint), plain(CHECKPOINT))
    } else {
      assert.deepEqual(await entries(again), [])
    }
  },
}

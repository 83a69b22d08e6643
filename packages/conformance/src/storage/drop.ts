import assert from 'node:assert/strict'
import { hex, utf8 } from '../bytes.ts'
import { expectCode } from '../expect-code.ts'
import { NAMES } from './open.ts'
import { entries, get, put, STORE, type StorageTests } from './storage-case.ts'

const CHECKPOINT = { position: 3, inputs: {}, timeMs: 5, topicId: undefined }

export const dropTests: StorageTests = {
  'a dropped store is new when it is opened again': async ({ storage, open }) => {
    const store = await open()
    await put(store, [['a', utf8('A')]], CHECKPOINT)
    await store.close()
    await storage.drop(STORE)
    const again = await open()
    assert.deepEqual(await entries(again), [])
    assert.equal(again.checkpoint, undefined)
    await put(again, [['b', utf8('B')]], CHECKPOINT)
    assert.deepEqual(await entries(again), [['62', '42']])
  },

  'a store that is not there can be dropped': async ({ storage, open }) => {
    await storage.drop(STORE)
    await storage.drop({ scope: 'processor/nobody', topic: 'none', partition: 99 })
    const store = await open()
    await store.close()
    await storage.drop(STORE)
    await storage.drop(STORE)
  },

  'an open store cannot be dropped': async ({ storage, open }) => {
    const store = await open()
    await put(store, [['a', utf8('A')]], CHECKPOINT)
    await expectCode('GOKA_STORAGE_LOCKED', () => storage.drop(STORE))
    assert.deepEqual(await get(store, 'a'), ['41'])
    await put(store, [['b', utf8('B')]])
    assert.equal((await entries(store)).length, 2)
    assert.equal(store.checkpoint?.position, 3)
    await store.close()
    await storage.drop(STORE)
  },

  'a store that another storage has open cannot be dropped where the storage is persistent':
    async ({ storage, another, open }) => {
      const store = await open()
      await put(store, [['a', utf8('A')]])
      const other = await another()
      if (storage.capabilities.persistent) {
        await expectCode('GOKA_STORAGE_LOCKED', () => other.drop(STORE))
      } else {
        await other.drop(STORE)
      }
      await put(store, [['b', utf8('B')]])
      assert.deepEqual(await get(store, 'a', 'b'), ['41', '42'])
    },

  'dropping a store leaves every other one': async ({ storage, open }) => {
    const stores = await Promise.all(NAMES.map((name) => open(name)))
    for (const [index, store] of stores.entries()) {
      await put(store, [['a', utf8(`of ${index}`)]], { ...CHECKPOINT, position: index })
    }
    // Closed ones lie in the storage, open ones are in use: dropping must spare both.
    for (const [index, name] of NAMES.entries()) {
      if (index % 2 === 1) continue
      await stores[index]?.close()
      await storage.drop(name)
    }
    for (const [index, name] of NAMES.entries()) {
      const dropped = index % 2 === 0
      const message = JSON.stringify(name)
      const store = dropped ? await open(name) : stores[index]
      assert.ok(store)
      assert.deepEqual(
        await entries(store),
        dropped ? [] : [['61', hex(utf8(`of ${index}`))]],
        message,
      )
      assert.equal(store.checkpoint?.position, dropped ? undefined : index, message)
    }
    if (!storage.capabilities.persistent) return
    await Promise.all(stores.map((store) => store.close()))
    for (const [index, name] of NAMES.entries()) {
      if (index % 2 === 0) continue
      const again = await open(name)
      assert.deepEqual(
        await entries(again),
        [['61', hex(utf8(`of ${index}`))]],
        JSON.stringify(name),
      )
    }
  },
}

import assert from 'node:assert/strict'
import type { Checkpoint } from '@goka/interface'
import { hex, utf8 } from '../bytes.ts'
import { entries, get, plain, put, type StorageTests } from './storage-case.ts'

const CHECKPOINT: Checkpoint = { position: 3, inputs: { input: 4 }, timeMs: 5, topicId: 'id' }

export const writeTests: StorageTests = {
  'a write replaces, adds and deletes at once': async ({ open }) => {
    const store = await open()
    await put(store, [
      ['keep', utf8('1')],
      ['replace', utf8('1')],
      ['delete', utf8('1')],
    ])
    await put(store, [
      ['replace', utf8('2')],
      ['delete', undefined],
      ['add', utf8('2')],
    ])
    assert.deepEqual(await get(store, 'keep', 'replace', 'delete', 'add'), [
      '31',
      '32',
      'none',
      '32',
    ])
    assert.deepEqual(await entries(store), [
      ['616464', '32'],
      ['6b656570', '31'],
      ['7265706c616365', '32'],
    ])
  },

  'deleting a key that is not there is no error': async ({ open }) => {
    const store = await open()
    await put(store, [
      ['missing', undefined],
      ['a', utf8('A')],
    ])
    assert.deepEqual(await get(store, 'missing', 'a'), ['none', '41'])
    await put(store, [['missing', undefined]])
    assert.equal((await entries(store)).length, 1)
  },

  'a key may be written, deleted and written again, batch by batch': async ({ open }) => {
    const store = await open()
    for (const value of ['1', undefined, '2', '', undefined, '3']) {
      const bytes = value === undefined ? undefined : utf8(value)
      await put(store, [['a', bytes]])
      assert.deepEqual(await get(store, 'a'), [hex(bytes)])
      assert.equal((await entries(store)).length, bytes === undefined ? 0 : 1)
    }
  },

  'an empty batch changes nothing': async ({ open }) => {
    const store = await open()
    await put(store, [['a', utf8('A')]], CHECKPOINT)
    await store.write({ keys: [], values: [], checkpoint: undefined })
    assert.deepEqual(await entries(store), [['61', '41']])
    assert.deepEqual(plain(store.checkpoint), plain(CHECKPOINT))
  },

  'a batch of thousands of entries is written whole': async ({ open }) => {
    const store = await open()
    const keys = Array.from({ length: 20_000 }, (_, index) => `key-${index}`)
    await put(
      store,
      keys.map((key) => [key, utf8(key)]),
      CHECKPOINT,
    )
    assert.equal((await entries(store, {}, 5000)).length, keys.length)
    await put(
      store,
      keys.map((key, index) => [key, index % 2 === 0 ? undefined : utf8('x')]),
    )
    assert.equal((await entries(store, {}, 5000)).length, keys.length / 2)
  },

  'a write that rejects leaves nothing behind': async ({ open }) => {
    const store = await open()
    await put(store, [['b', utf8('old')]], CHECKPOINT)
    const keys = ['a', 'b', 'c', 'd']
    const values: (Uint8Array | undefined)[] = [utf8('new'), undefined, utf8('new'), utf8('new')]
    // Whatever reads the batch fails in the middle of it.
    Object.defineProperty(values, 2, {
      enumerable: true,
      get: () => {
        throw new RangeError('this value cannot be read')
      },
    })
    const checkpoint = { ...CHECKPOINT, position: 99 }
    await assert.rejects(async () => store.write({ keys, values, checkpoint }))
    assert.deepEqual(await get(store, ...keys), ['none', hex(utf8('old')), 'none', 'none'])
    assert.deepEqual(await entries(store), [['62', hex(utf8('old'))]])
    assert.deepEqual(plain(store.checkpoint), plain(CHECKPOINT))
    await put(store, [['a', utf8('A')]])
    assert.deepEqual(await get(store, 'a', 'b'), ['41', hex(utf8('old'))])
  },

  'a read beside a write finds the old or the new value of each key': async ({ open }) => {
    const store = await open()
    const keys = Array.from({ length: 200 }, (_, index) => `key-${index}`)
    const state = (round: number): [string, Uint8Array | undefined][] =>
      keys.map((key, index) => [
        key,
        (index + round) % 4 === 0 ? undefined : utf8(`${key} ${round}`),
      ])
    await put(store, state(0))
    for (let round = 1; round < 20; round++) {
      const before = new Map(state(round - 1))
      const after = new Map(state(round))
      const write = put(store, state(round))
      const [found, walk] = await Promise.all([get(store, ...keys), entries(store)])
      await write
      for (const [index, key] of keys.entries()) {
        const allowed = [hex(before.get(key)), hex(after.get(key))]
        assert.ok(allowed.includes(found[index] as string), `${key} is ${found[index]}`)
      }
      const allowed = new Set([...before.values(), ...after.values()].map(hex))
      assert.equal(new Set(walk.map(([key]) => key)).size, walk.length, 'a key twice')
      for (const [key, value] of walk) assert.ok(allowed.has(value as string), `${key} is ${value}`)
      assert.deepEqual(await get(store, ...keys), [...after.values()].map(hex))
    }
  },
}

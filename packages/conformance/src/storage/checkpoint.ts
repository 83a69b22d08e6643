import assert from 'node:assert/strict'
import type { Checkpoint } from '@goka/interface'
import { utf8 } from '../bytes.ts'
import { entries, plain, put, type StorageTests } from './storage-case.ts'

const FULL: Checkpoint = {
  position: 12_345,
  inputs: { 'input-a': 1, 'input-b': 0 },
  timeMs: 1_700_000_000_123,
  topicId: 'Zm9vYmFyYmF6cXV4MTIzNA',
}

/** Every shape of a checkpoint that could be lost on the way to bytes and back. */
const SHAPES: Readonly<Record<string, Checkpoint>> = {
  full: FULL,
  zeros: { position: 0, inputs: {}, timeMs: 0, topicId: undefined },
  'large numbers': {
    position: Number.MAX_SAFE_INTEGER,
    inputs: { input: 2 ** 53 - 2, other: 2 ** 32 + 1 },
    timeMs: 8_640_000_000_000_000,
    topicId: undefined,
  },
  // All of these are names that Kafka allows.
  'odd topic names': {
    position: 1,
    inputs: Object.fromEntries([
      ['__proto__', 1],
      ['constructor', 2],
      ['toString', 3],
      ['a.b-c_d', 4],
      ['0', 5],
      ['...', 6],
      ['position', 7],
      ['UPPER', 8],
      ['upper', 9],
      ['x'.repeat(249), 10],
    ]),
    timeMs: 1,
    topicId: 'id',
  },
}

export const checkpointTests: StorageTests = {
  'a new store has no checkpoint': async ({ open }) => {
    assert.equal((await open()).checkpoint, undefined)
  },

  'a checkpoint is there once its write has resolved': async ({ open }) => {
    const store = await open()
    for (const [name, checkpoint] of Object.entries(SHAPES)) {
      await put(store, [['a', utf8(name)]], checkpoint)
      assert.deepEqual(plain(store.checkpoint), plain(checkpoint), name)
    }
  },

  'a checkpoint can be written without entries': async ({ open }) => {
    const store = await open()
    await store.write({ keys: [], values: [], checkpoint: FULL })
    assert.deepEqual(plain(store.checkpoint), plain(FULL))
  },

  'a write without a checkpoint leaves the last one': async ({ open }) => {
    const store = await open()
    await put(store, [['a', utf8('1')]], FULL)
    await put(store, [['a', utf8('2')]])
    await put(store, [['a', undefined]])
    assert.deepEqual(plain(store.checkpoint), plain(FULL))
  },

  'a checkpoint replaces the last one whole': async ({ open }) => {
    const store = await open()
    await put(store, [], FULL)
    const next = { position: 1, inputs: { 'input-c': 3 }, timeMs: 2, topicId: undefined }
    await put(store, [], next)
    assert.deepEqual(plain(store.checkpoint), plain(next))
  },

  'a checkpoint is not an entry': async ({ open }) => {
    const store = await open()
    await store.write({ keys: [], values: [], checkpoint: FULL })
    assert.deepEqual(await entries(store), [])
    assert.deepEqual(await entries(store, { reverse: true }), [])
    await put(store, [['a', utf8('A')]], FULL)
    assert.deepEqual(await entries(store), [['61', '41']])
    assert.deepEqual(await entries(store, { reverse: true, limit: 1 }), [['61', '41']])
    assert.deepEqual(await entries(store, { limit: 1 }), [['61', '41']])
  },

  'a checkpoint of any shape outlives a close where the storage is persistent': async ({
    storage,
    open,
  }) => {
    for (const [name, checkpoint] of Object.entries(SHAPES)) {
      const store = await open()
      await put(store, [['a', utf8(name)]], checkpoint)
      await put(store, [['b', utf8(name)]])
      await store.close()
      const again = await open()
      const expected = storage.capabilities.persistent ? checkpoint : undefined
      assert.deepEqual(plain(again.checkpoint), plain(expected), name)
      await again.close()
    }
  },
}

import assert from 'node:assert/strict'
import type { KeyRange, Store } from '@goka/interface'
import { utf8 } from '../bytes.ts'
import { hexKey, keysOf, put, type StorageTests } from './storage-case.ts'

const LETTERS = ['a', 'b', 'c', 'd', 'e']

/** Asserts which keys of the store a range holds, forwards and backwards. */
async function holds(store: Store, range: KeyRange, expected: readonly string[]): Promise<void> {
  const keys = expected.map(hexKey)
  assert.deepEqual(await keysOf(store, range), keys, JSON.stringify(range))
  const reverse = { ...range, reverse: true }
  assert.deepEqual(await keysOf(store, reverse), keys.toReversed(), JSON.stringify(reverse))
}

async function fill(store: Store, keys: readonly string[]): Promise<void> {
  await put(
    store,
    keys.map((key) => [key, utf8('x')]),
  )
}

export const rangeTests: StorageTests = {
  'without bounds a range holds every key': async ({ open }) => {
    const store = await open()
    await fill(store, LETTERS)
    await holds(store, {}, LETTERS)
  },

  'gte is inclusive and lt is exclusive': async ({ open }) => {
    const store = await open()
    await fill(store, LETTERS)
    await holds(store, { gte: 'b' }, ['b', 'c', 'd', 'e'])
    await holds(store, { lt: 'd' }, ['a', 'b', 'c'])
    await holds(store, { gte: 'b', lt: 'd' }, ['b', 'c'])
  },

  'bounds need not be keys': async ({ open }) => {
    const store = await open()
    await fill(store, LETTERS)
    await holds(store, { gte: 'aa', lt: 'cc' }, ['b', 'c'])
    await holds(store, { gte: 'x' }, [])
    await holds(store, { lt: 'A' }, [])
  },

  'a range whose end is not after its start is empty': async ({ open }) => {
    const store = await open()
    await fill(store, LETTERS)
    await holds(store, { gte: 'c', lt: 'c' }, [])
    await holds(store, { gte: 'd', lt: 'b' }, [])
  },

  'the empty string is a bound': async ({ open }) => {
    const store = await open()
    await fill(store, ['', ...LETTERS])
    await holds(store, { gte: '' }, ['', ...LETTERS])
    await holds(store, { lt: '' }, [])
    await holds(store, { gte: '', lt: 'b' }, ['', 'a'])
    await holds(store, { gte: '', lt: '\0' }, [''])
  },

  'a prefix is a range, also where it ends in 0xFF': async ({ open }) => {
    const store = await open()
    const keys = [
      'a',
      'a\0',
      'a\xfe',
      'a\xfe\xff',
      'a\xff',
      'a\xff\0',
      'a\xff\xff',
      'b',
      '\xff',
      '\xff\xff',
    ]
    await fill(store, keys)
    await holds(store, { gte: 'a', lt: 'b' }, keys.slice(0, 7))
    await holds(store, { gte: 'a\xff', lt: 'b' }, ['a\xff', 'a\xff\0', 'a\xff\xff'])
    await holds(store, { gte: 'a\xfe', lt: 'a\xff' }, ['a\xfe', 'a\xfe\xff'])
    await holds(store, { gte: '\xff' }, ['\xff', '\xff\xff'])
    await holds(store, { gte: 'a\0', lt: 'a\x01' }, ['a\0'])
  },

  'bounds are bytes, not letters': async ({ open }) => {
    const store = await open()
    const keys = ['A', 'Z', 'a', 'z', '\x7f', '\x80', '\xc3\xa9', '\xf0\x9f\x98\x80']
    await fill(store, keys)
    await holds(store, { gte: 'Z', lt: 'z' }, ['Z', 'a'])
    await holds(store, { gte: '\x80', lt: '\xf0' }, ['\x80', '\xc3\xa9'])
  },

  'limit counts from the side where the walk begins': async ({ open }) => {
    const store = await open()
    await fill(store, LETTERS)
    const at = (range: KeyRange): Promise<string[]> => keysOf(store, range)
    assert.deepEqual(await at({ limit: 2 }), ['a', 'b'].map(hexKey))
    assert.deepEqual(await at({ limit: 2, reverse: true }), ['e', 'd'].map(hexKey))
    assert.deepEqual(await at({ gte: 'b', lt: 'e', limit: 2 }), ['b', 'c'].map(hexKey))
    assert.deepEqual(
      await at({ gte: 'b', lt: 'e', limit: 2, reverse: true }),
      ['d', 'c'].map(hexKey),
    )
    assert.deepEqual(await at({ gte: 'd', limit: 9 }), ['d', 'e'].map(hexKey))
    assert.deepEqual(await at({ limit: 5, reverse: false }), LETTERS.map(hexKey))
  },

  'a limit of 0 is no entry': async ({ open }) => {
    const store = await open()
    await fill(store, LETTERS)
    assert.deepEqual(await keysOf(store, { limit: 0 }), [])
    assert.deepEqual(await keysOf(store, { limit: 0, gte: 'a', reverse: true }), [])
  },
}

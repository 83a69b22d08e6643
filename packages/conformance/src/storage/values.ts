import assert from 'node:assert/strict'
import { hex, pattern, utf8 } from '../bytes.ts'
import { entries, get, put, type StorageTests } from './storage-case.ts'

export const valueTests: StorageTests = {
  'a key that was never written has no value': async ({ open }) => {
    const store = await open()
    assert.deepEqual(await get(store, 'a'), ['none'])
    assert.deepEqual(await entries(store), [])
  },

  'an empty value is a value': async ({ open }) => {
    const store = await open()
    await put(store, [['a', new Uint8Array(0)]])
    assert.deepEqual(await get(store, 'a', 'b'), ['', 'none'])
    assert.deepEqual(await entries(store), [['61', '']])
  },

  'a value of any bytes comes back unchanged': async ({ open }) => {
    const store = await open()
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const zeros = new Uint8Array(3)
    const text = utf8('undefined')
    await put(store, [
      ['every', every],
      ['zeros', zeros],
      ['text', text],
    ])
    assert.deepEqual(await get(store, 'every', 'zeros', 'text'), [every, zeros, text].map(hex))
  },

  'a value of 1 MB comes back unchanged': async ({ open }) => {
    const store = await open()
    const large = [pattern(1 << 20, 1), pattern(1 << 20, 2)] as const
    await put(store, [
      ['a', large[0]],
      ['b', large[1]],
    ])
    const found = await get(store, 'b', 'a')
    assert.equal(found[0] === hex(large[1]), true)
    assert.equal(found[1] === hex(large[0]), true)
  },

  'getMany answers in the order of the keys, with gaps and repeats': async ({ open }) => {
    const store = await open()
    await put(store, [
      ['a', utf8('A')],
      ['b', utf8('B')],
    ])
    assert.deepEqual(await get(store, 'b', 'none', 'a', 'b', 'none', 'a'), [
      '42',
      'none',
      '41',
      '42',
      'none',
      '41',
    ])
  },

  'getMany of no keys is an empty array': async ({ open }) => {
    const store = await open()
    assert.deepEqual(await get(store), [])
  },

  'getMany of thousands of keys answers each': async ({ open }) => {
    const store = await open()
    const keys = Array.from({ length: 10_000 }, (_, index) => `key-${index}`)
    const even = keys.filter((_, index) => index % 2 === 0)
    await put(
      store,
      even.map((key) => [key, utf8(key)]),
    )
    const found = await get(store, ...keys)
    assert.equal(found.length, keys.length)
    for (const [index, key] of keys.entries()) {
      assert.equal(found[index], index % 2 === 0 ? hex(utf8(key)) : 'none')
    }
  },

  'several reads at a time do not disturb each other': async ({ open }) => {
    const store = await open()
    const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`)
    await put(
      store,
      keys.map((key) => [key, utf8(key)]),
    )
    const reads = await Promise.all(keys.map((key) => get(store, key, 'none')))
    assert.deepEqual(
      reads,
      keys.map((key) => [hex(utf8(key)), 'none']),
    )
  },
}

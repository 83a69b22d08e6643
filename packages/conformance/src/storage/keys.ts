import assert from 'node:assert/strict'
import { utf8 } from '../bytes.ts'
import { entries, get, hexKey, keysOf, put, type StorageTests } from './storage-case.ts'

/** Keys that a storage may want for itself, or that trip over JavaScript objects, terminators and paths. */
export const ODD_KEYS: readonly string[] = [
  '',
  '\0',
  '\0\0',
  '\0\0\0\0\0\0\0\0',
  '\xff',
  '\xff\xff',
  '\xff\xff\xff\xff',
  ' ',
  '!',
  '!!',
  '"',
  '~',
  '__offset',
  '__checkpoint',
  'checkpoint',
  '\0checkpoint',
  '\xffcheckpoint',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '0',
  '1',
  '10',
  '-1',
  '*',
  '?',
  '[a]',
  '{a}',
  ':',
  '/',
  '../a',
  '\r\n',
  'a\0b',
  'a\xffb',
]

const utf8Key = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

export const keyTests: StorageTests = {
  'a key of any single byte comes back unchanged and in the order of bytes': async ({ open }) => {
    const store = await open()
    const keys = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))
    await put(
      store,
      keys.toReversed().map((key) => [key, utf8(hexKey(key))]),
    )
    assert.deepEqual(await keysOf(store), keys.map(hexKey))
    const values = await get(store, ...keys)
    assert.deepEqual(
      values,
      keys.map((key) => Buffer.from(hexKey(key)).toString('hex')),
    )
  },

  'keys are in the order of their UTF-8 bytes, not of UTF-16 units or of a language': async ({
    open,
  }) => {
    const store = await open()
    // UTF-16 puts the emoji (a surrogate pair) before U+FF5E; a locale puts "a" before "B" and "é" before "z".
    const ordered = ['', 'B', 'a', 'ab', 'b', 'z', 'é', '\uff5e', '\u{1f600}'].map(utf8Key)
    await put(
      store,
      ordered.toReversed().map((key) => [key, utf8('x')]),
    )
    assert.deepEqual(await keysOf(store), ordered.map(hexKey))
  },

  'keys that are not UTF-8 stay apart from each other': async ({ open }) => {
    const store = await open()
    const keys = ['\x80', '\x81', '\xc3', '\xc3\x28', '\xe2\x82', '\xed\xa0\x80', '\xfe', '\xff']
    await put(
      store,
      keys.map((key, index) => [key, new Uint8Array([index])]),
    )
    assert.deepEqual(
      await get(store, ...keys),
      keys.map((_, index) => `0${index}`),
    )
    assert.deepEqual(await keysOf(store), keys.map(hexKey))
  },

  'a key that begins with another comes after it': async ({ open }) => {
    const store = await open()
    const ordered = ['', 'a', 'a\0', 'a\0\0', 'a\0b', 'a!', 'aa', 'a\xff', 'b']
    await put(
      store,
      ordered.toReversed().map((key) => [key, utf8('x')]),
    )
    assert.deepEqual(await keysOf(store), ordered.map(hexKey))
  },

  'the empty key is a key': async ({ open }) => {
    const store = await open()
    assert.deepEqual(await get(store, ''), ['none'])
    await put(store, [['', utf8('v')]])
    assert.deepEqual(await get(store, ''), ['76'])
    assert.deepEqual(await entries(store), [['', '76']])
    await put(store, [['', undefined]])
    assert.deepEqual(await get(store, ''), ['none'])
  },

  'keys that look like internal ones are ordinary keys': async ({ open }) => {
    const store = await open()
    const checkpoint = { position: 5, inputs: { input: 7 }, timeMs: 1, topicId: 'id' }
    await store.write({ keys: [], values: [], checkpoint })
    assert.deepEqual(
      await get(store, ...ODD_KEYS),
      ODD_KEYS.map(() => 'none'),
    )
    await put(
      store,
      ODD_KEYS.map((key) => [key, utf8(`of ${key}`)]),
    )
    const expected = ODD_KEYS.map((key) => [
      hexKey(key),
      Buffer.from(`of ${key}`, 'utf8').toString('hex'),
    ])
    assert.deepEqual(
      await get(store, ...ODD_KEYS),
      expected.map(([, value]) => value),
    )
    assert.deepEqual(await entries(store), expected.toSorted(byKey))
    await put(
      store,
      ODD_KEYS.map((key) => [key, undefined]),
    )
    assert.deepEqual(await entries(store), [])
    assert.equal(store.checkpoint?.position, 5)
  },

  'a long key is a key': async ({ open }) => {
    const store = await open()
    const long = 'k'.repeat(30_000)
    await put(store, [
      [long, utf8('long')],
      [`${long}x`, utf8('longer')],
    ])
    assert.deepEqual(await get(store, long, `${long}x`), ['6c6f6e67', '6c6f6e676572'])
  },
}

// Hexadecimal digits are in the order of the bytes they stand for.
function byKey([a = '']: string[], [b = '']: string[]): number {
  return a < b ? -1 : 1
}

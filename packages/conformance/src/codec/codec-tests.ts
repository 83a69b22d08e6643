import assert from 'node:assert/strict'
import type { Codec } from '@goka/interface'
import { hex, utf8 } from '../bytes.ts'
import { expectCode } from '../expect-code.ts'
import type { Tests } from '../suite.ts'

export interface CodecCase {
  readonly codec: Codec<unknown>
  readonly values: readonly unknown[]
  readonly invalid: { readonly values: readonly unknown[]; readonly bytes: readonly Uint8Array[] }
}

export const codecTests: Tests<CodecCase> = {
  'a codec has a name': ({ codec }) => {
    assert.ok(codec.name.length > 0)
  },

  'the suite was given values that differ': ({ codec, values }) => {
    const encoded = new Set(values.map((value) => hex(codec.encode(value))))
    assert.ok(encoded.size >= 2, 'give at least two values that differ')
  },

  'every value is the same after encode and decode': ({ codec, values }) => {
    for (const value of values) same(codec.decode(codec.encode(value)), value)
  },

  'encode returns an array of bytes': ({ codec, values }) => {
    for (const value of values) {
      const bytes: unknown = codec.encode(value)
      assert.ok(ArrayBuffer.isView(bytes))
      assert.equal((bytes as Uint8Array).BYTES_PER_ELEMENT, 1)
    }
  },

  'encoded bytes do not change when more is encoded': ({ codec, values }) => {
    const encoded = values.map((value) => codec.encode(value))
    const before = encoded.map(hex)
    for (const value of values.toReversed()) codec.encode(value)
    assert.deepEqual(encoded.map(hex), before)
    for (const [index, bytes] of encoded.entries()) same(codec.decode(bytes), values[index])
  },

  'whoever gets encoded bytes may write to them': ({ codec, values }) => {
    for (const value of values) codec.encode(value).fill(0xee)
    for (const value of values) same(codec.decode(codec.encode(value)), value)
  },

  'decode reads bytes that are a part of larger memory': ({ codec, values }) => {
    for (const value of values) {
      const { slab, view } = framed(codec.encode(value), 3)
      same(codec.decode(view), value)
      same(codec.decode(Buffer.from(slab.buffer, 3, view.length)), value)
    }
  },

  'decode never writes to its bytes': ({ codec, values, invalid }) => {
    for (const value of values) {
      const { slab, view } = framed(codec.encode(value), 5)
      const before = hex(slab)
      codec.decode(view)
      assert.equal(hex(slab), before)
    }
    for (const bytes of invalid.bytes) {
      const { slab, view } = framed(bytes, 5)
      const before = hex(slab)
      assert.throws(() => codec.decode(view))
      assert.equal(hex(slab), before)
    }
  },

  'decoded values are or are not views, as the codec says': ({ codec, values }) => {
    let changed = 0
    for (const value of values) {
      const { view } = framed(codec.encode(value), 1)
      const decoded = codec.decode(view)
      view.fill(view[0] === 0xee ? 0x11 : 0xee)
      if (!isSame(decoded, value)) changed++
    }
    if (codec.decodesToViews === true) {
      assert.notEqual(changed, 0, 'no decoded value is a view')
    } else {
      assert.equal(changed, 0, 'a decoded value changed with the memory that it was decoded from')
    }
  },

  'encode refuses what is not of its type': async ({ codec, invalid }) => {
    for (const value of invalid.values) {
      const error = await expectCode('GOKA_CODEC_ENCODE', () => codec.encode(value))
      assert.equal(error.details.codec, codec.name)
    }
  },

  'check refuses what encode refuses, and nothing else': async ({ codec, values, invalid }) => {
    if (codec.check === undefined) return
    for (const value of values) codec.check(value)
    for (const value of invalid.values) {
      const error = await expectCode('GOKA_CODEC_ENCODE', () => codec.check?.(value))
      assert.equal(error.details.codec, codec.name)
    }
  },

  'encodeShared gives what encode gives, and refuses what it refuses': async ({
    codec,
    values,
    invalid,
  }) => {
    if (codec.encodeShared === undefined) return
    for (const value of values) {
      const shared = codec.encodeShared(value)
      const found = hex(typeof shared === 'string' ? utf8(shared) : shared)
      assert.equal(found, hex(codec.encode(value)))
    }
    for (const value of invalid.values) {
      const error = await expectCode('GOKA_CODEC_ENCODE', () => codec.encodeShared?.(value))
      assert.equal(error.details.codec, codec.name)
    }
  },

  'decode refuses what is not of its format': async ({ codec, invalid }) => {
    for (const bytes of invalid.bytes) {
      const error = await expectCode('GOKA_CODEC_DECODE', () => codec.decode(framed(bytes, 2).view))
      assert.equal(error.details.codec, codec.name)
      assert.equal(error.details.length, bytes.length)
    }
  },

  'a failure leaves no trace': ({ codec, values, invalid }) => {
    for (const value of values) {
      for (const wrong of invalid.values) assert.throws(() => codec.encode(wrong))
      const encoded = codec.encode(value)
      for (const bytes of invalid.bytes) assert.throws(() => codec.decode(bytes))
      same(codec.decode(encoded), value)
    }
  },
}

/** `bytes` in the middle of larger memory, at an offset that no wider type is aligned to. */
function framed(bytes: Uint8Array, offset: number): { slab: Uint8Array; view: Uint8Array } {
  const slab = new Uint8Array(offset + bytes.length + 7).fill(0xa5)
  slab.set(bytes, offset)
  return { slab, view: slab.subarray(offset, offset + bytes.length) }
}

function same(found: unknown, expected: unknown): void {
  if (ArrayBuffer.isView(found) && ArrayBuffer.isView(expected)) {
    // Which class of array it is does not matter: a Buffer is as good.
    assert.equal(hex(found as Uint8Array), hex(expected as Uint8Array))
  } else {
    assert.deepEqual(found, expected)
  }
}

function isSame(found: unknown, expected: unknown): boolean {
  try {
    same(found, expected)
    return true
  } catch {
    return false
  }
}

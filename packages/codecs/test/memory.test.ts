import { bytes } from '@goka/codecs'
import { msgpack } from '@goka/codecs/msgpack'
import { describe, expect, it } from '@jest/globals'

describe('bytes', () => {
  it('is the memory that it was decoded from', () => {
    const slab = new Uint8Array(1 << 20)
    expect(bytes.decode(slab.subarray(8, 16)).buffer).toBe(slab.buffer)
  })

  it('is not changed by what happens to the value after it was encoded', () => {
    const value = Uint8Array.of(1, 2)
    const encoded = bytes.encode(value)
    value.fill(9)
    expect([...encoded]).toEqual([1, 2])
  })
})

describe('msgpack', () => {
  it('decodes bytes that may be kept and written to', () => {
    const codec = msgpack<{ picture: Uint8Array }>()
    const encoded = codec.encode({ picture: Uint8Array.of(1, 2, 3) })
    codec.decode(encoded).picture.fill(9)
    expect([...codec.decode(encoded).picture]).toEqual([1, 2, 3])
  })
})

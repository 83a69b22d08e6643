import { msgpack } from '@goka/codecs/msgpack'
import { describe, expect, it } from '@jest/globals'
import { ExtensionCodec } from '@msgpack/msgpack'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('msgpack', () => {
  it('writes MessagePack', () => {
    expect(hex(msgpack().encode({ a: [1, 'b', null] }))).toBe('81a16193' + '01' + 'a162' + 'c0')
  })

  it('leaves out properties that are undefined', () => {
    const codec = msgpack<{ a?: number | undefined; b: number }>()
    expect(codec.decode(codec.encode({ a: undefined, b: 1 }))).toEqual({ b: 1 })
    expect(Object.keys(codec.decode(codec.encode({ a: undefined, b: 1 })))).toEqual(['b'])
  })

  it('encodes a value whose own conversion encodes another', () => {
    const codec = msgpack<unknown>()
    const value = {
      get inner(): string {
        return hex(codec.encode('inner'))
      },
    }
    expect(codec.decode(codec.encode(value))).toEqual({ inner: hex(codec.encode('inner')) })
  })

  it('goes on after a value that is larger than what it keeps memory for', () => {
    const codec = msgpack<string>()
    const large = 'x'.repeat(3 * 1024 * 1024)
    expect(codec.decode(codec.encode(large)) === large).toBe(true)
    expect(codec.decode(codec.encode('small'))).toBe('small')
  })

  it('takes types of the caller', () => {
    const extensionCodec = new ExtensionCodec()
    extensionCodec.register({
      type: 1,
      encode: (value) => (value instanceof Set ? msgpack().encode([...value]) : null),
      decode: (data) => new Set(msgpack<unknown[]>().decode(data)),
    })
    const codec = msgpack<{ tags: Set<string> }>({ extensionCodec })
    expect(codec.decode(codec.encode({ tags: new Set(['a', 'b']) }))).toEqual({
      tags: new Set(['a', 'b']),
    })
  })

  it('decodes 64-bit integers as numbers or as bigints, as it is told', () => {
    const encoded = msgpack<bigint>({ useBigInt64: true }).encode(2n ** 40n)
    expect(msgpack().decode(encoded)).toBe(2 ** 40)
    expect(msgpack({ useBigInt64: true }).decode(encoded)).toBe(2n ** 40n)
  })
})

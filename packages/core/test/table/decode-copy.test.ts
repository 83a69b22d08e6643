import { bytes, string } from '@goka/codecs'
import { describe, expect, it } from '@jest/globals'
import { decodeCopy } from '../../src/table/decode-copy.ts'

describe('a value of a table', () => {
  it('may be written to by who gets it, also when its codec decodes to views', () => {
    const kept = Uint8Array.of(1, 2)
    decodeCopy(bytes, kept).fill(9)
    expect([...kept]).toEqual([1, 2])
  })

  it('is decoded from the bytes themselves when the codec makes a value of its own', () => {
    expect(decodeCopy(string, Buffer.from('text'))).toBe('text')
  })
})

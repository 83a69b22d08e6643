import { int64, integer } from '@goka/codecs'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

describe('int64', () => {
  it('is the decimal text that Go writes, for every number', () => {
    expect(text(int64.encode(-42n))).toBe('-42')
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(text(int64.encode(value))).toBe(value.toString())
        expect(int64.decode(int64.encode(value))).toBe(value)
      }),
    )
  })

  it('reads what Go reads: a plus, zeros in front, minus zero', () => {
    expect(int64.decode(ascii('+7'))).toBe(7n)
    expect(int64.decode(ascii('-0'))).toBe(0n)
    expect(int64.decode(ascii('0007'))).toBe(7n)
    expect(int64.decode(ascii('+9223372036854775807'))).toBe(2n ** 63n - 1n)
    expect(int64.decode(ascii(`${'0'.repeat(40)}7`))).toBe(7n)
    expect(int64.decode(ascii(`-${'0'.repeat(40)}7`))).toBe(-7n)
  })
})

describe('integer', () => {
  it('reads and writes what int64 does, as far as a number reaches', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(text(integer.encode(value))).toBe(text(int64.encode(BigInt(value))))
        expect(integer.decode(integer.encode(value))).toBe(value)
      }),
    )
  })

  it('never reads minus zero', () => {
    expect(Object.is(integer.decode(ascii('-0')), 0)).toBe(true)
    expect(Object.is(integer.decode(ascii(`-${'0'.repeat(20)}`)), 0)).toBe(true)
    expect(text(integer.encode(-0))).toBe('0')
  })
})

describe('both', () => {
  it('agree with a regular expression on what a number is', () => {
    const char = fc.constantFrom('0', '1', '9', '+', '-', '.', ' ', '_', 'e', '/', ':', '\xff')
    fc.assert(
      fc.property(fc.string({ unit: char, maxLength: 18 }), (number) => {
        const valid = /^[+-]?[0-9]+$/.test(number)
        const expected = valid ? BigInt(number.replace('+', '')) : undefined
        let found: bigint | undefined
        try {
          found = int64.decode(ascii(number))
        } catch {}
        expect(found).toBe(expected)
      }),
      { numRuns: 2000 },
    )
  })
})

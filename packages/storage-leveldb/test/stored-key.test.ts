import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { AFTER_CHECKPOINT_KEYS, CHECKPOINT_KEY, fromStored, toStored } from '../src/stored-key.ts'

// Keys around the reserved one: its beginnings, itself, what follows it, and its neighbours in the order.
const near = fc
  .tuple(
    fc.nat({ max: CHECKPOINT_KEY.length }),
    fc.array(fc.constantFrom(0, 1, 2, 0x74, 0x75, 0xff), { maxLength: 3 }),
  )
  .map(([length, bytes]) => CHECKPOINT_KEY.slice(0, length) + String.fromCharCode(...bytes))
const any = fc.uint8Array({ maxLength: 6 }).map((bytes) => String.fromCharCode(...bytes))
const key = fc.oneof({ weight: 3, arbitrary: near }, { weight: 1, arbitrary: any })

describe('the stored form of a key', () => {
  it('is the key itself, whatever it is', () => {
    for (const plain of ['', '\0', '\0\0', '__offset', 'a', '\xff', '\0goka.checkpoin']) {
      expect(toStored(plain)).toBe(plain)
    }
  })

  it('is another one only for keys that begin with the reserved one', () => {
    expect(toStored(CHECKPOINT_KEY)).toBe(`${CHECKPOINT_KEY}\x01`)
    expect(toStored(`${CHECKPOINT_KEY}x`)).toBe(`${CHECKPOINT_KEY}\x01x`)
  })

  it('is never the reserved one, and tells the key', () => {
    fc.assert(
      fc.property(key, (key) => {
        expect(toStored(key)).not.toBe(CHECKPOINT_KEY)
        expect(fromStored(toStored(key))).toBe(key)
      }),
      { numRuns: 2000 },
    )
  })

  it('has the order of the keys', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(toStored(a) < toStored(b)).toBe(a < b)
        expect(toStored(a) === toStored(b)).toBe(a === b)
      }),
      { numRuns: 5000 },
    )
  })

  it('is within the range that is taken over from Goka exactly for those keys', () => {
    fc.assert(
      fc.property(key, (key) => {
        const within = key >= CHECKPOINT_KEY && key < AFTER_CHECKPOINT_KEYS
        expect(within).toBe(key.startsWith(CHECKPOINT_KEY))
      }),
      { numRuns: 2000 },
    )
  })
})

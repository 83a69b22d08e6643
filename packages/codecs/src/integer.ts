import type { Codec } from '@goka/interface'
import { decodeError, encodeError } from './codec-error.ts'
import { longDecimal, shortDecimal } from './decimal.ts'

/**
 * A whole number that a double holds exactly, from -(2^53 - 1) to 2^53 - 1; in decimal ASCII, as Goka's `codec.Int64`,
 * which also writes larger ones: those are an error here. See `int64` for bigints.
 */
export const integer: Codec<number> = {
  name: 'integer',

  check(value: number): void {
    if (!Number.isSafeInteger(value)) {
      throw encodeError('integer', 'it takes whole numbers up to 2^53 - 1', value)
    }
  },

  encode(value: number): Uint8Array {
    integer.check?.(value)
    return Buffer.from(String(value), 'latin1')
  },

  encodeShared(value: number): string {
    integer.check?.(value)
    return String(value)
  },

  decode(bytes: Uint8Array): number {
    const short = shortDecimal(bytes)
    if (!Number.isNaN(short)) return short
    const long = longDecimal(bytes)
    if (long === undefined) throw decodeError('integer', 'they are no decimal number', bytes)
    const value = Number(long) + 0 // no minus zero
    if (!Number.isSafeInteger(value)) {
      throw decodeError('integer', 'the number is beyond 2^53 - 1', bytes)
    }
    return value
  },
}

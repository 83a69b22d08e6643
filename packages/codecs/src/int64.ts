import type { Codec } from '@goka/interface'
import { decodeError, encodeError } from './codec-error.ts'
import { longDecimal, shortDecimal } from './decimal.ts'

/**
 * A whole number of 64 bits with a sign, as a bigint; in decimal ASCII, as Goka's `codec.Int64`. See `integer` for
 * numbers.
 */
export const int64: Codec<bigint> = {
  name: 'int64',

  check(value: bigint): void {
    if (typeof value !== 'bigint') throw encodeError('int64', 'it takes bigints', value)
    if (!fits(value)) throw encodeError('int64', 'it has more than 64 bits', value)
  },

  encode(value: bigint): Uint8Array {
    int64.check?.(value)
    return Buffer.from(value.toString(), 'latin1')
  },

  encodeShared(value: bigint): string {
    int64.check?.(value)
    return String(value)
  },

  decode(bytes: Uint8Array): bigint {
    const short = shortDecimal(bytes)
    if (!Number.isNaN(short)) return BigInt(short)
    const long = longDecimal(bytes)
    if (long === undefined) throw decodeError('int64', 'they are no decimal number', bytes)
    const value = BigInt(long)
    if (!fits(value)) throw decodeError('int64', 'the number has more than 64 bits', bytes)
    return value
  },
}

function fits(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value
}

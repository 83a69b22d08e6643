import type { Codec } from '@goka/interface'
import { decodeError, encodeError } from './codec-error.ts'
import { decodeUtf8 } from './utf8.ts'

/**
 * Text as UTF-8, as Goka's `codec.String`. Goka's strings hold any bytes; here those that are not UTF-8 are an error, as
 * they could not be encoded again. Use `bytes` for them.
 */
export const string: Codec<string> = {
  name: 'string',

  check(value: string): void {
    if (typeof value !== 'string') throw encodeError('string', 'it takes strings', value)
    if (!value.isWellFormed())
      throw encodeError('string', 'half of a surrogate pair is in it', value)
  },

  encode(value: string): Uint8Array {
    string.check?.(value)
    return Buffer.from(value, 'utf8')
  },

  encodeShared(value: string): string {
    string.check?.(value)
    return value
  },

  decode(bytes: Uint8Array): string {
    try {
      return decodeUtf8(bytes)
    } catch (cause) {
      throw decodeError('string', 'they are not UTF-8', bytes, cause)
    }
  },
}

import { isUint8Array } from 'node:util/types'
import type { Codec } from '@goka/interface'
import { encodeError } from './codec-error.ts'

/**
 * Bytes as they are, as Goka's `codec.Bytes`. Both ways a copy is made: a decoded array is the caller's to keep and to
 * write to, and it does not keep the whole batch that it came with in memory.
 */
export const bytes: Codec<Uint8Array> = {
  name: 'bytes',

  encode(value: Uint8Array): Uint8Array {
    if (!isUint8Array(value)) throw encodeError('bytes', 'it takes instances of Uint8Array', value)
    return Buffer.from(value)
  },

  decode(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(bytes)
  },
}

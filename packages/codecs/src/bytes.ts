import { isUint8Array } from 'node:util/types'
import type { Codec } from '@goka/interface'
import { encodeError } from './codec-error.ts'

/**
 * Bytes as they are, as Goka's `codec.Bytes`. A message is a view of the batch that it came with: to keep one for long, or
 * to write to it, copy it (`message.slice()`); the whole batch, about a megabyte, stays in memory with it otherwise. Values
 * of tables and what is encoded are copies.
 */
export const bytes: Codec<Uint8Array> = {
  name: 'bytes',
  decodesToViews: true,

  encode(value: Uint8Array): Uint8Array {
    return Buffer.from(checked(value))
  },

  encodeShared: checked,

  decode(bytes: Uint8Array): Uint8Array {
    return bytes
  },
}

function checked(value: Uint8Array): Uint8Array {
  if (!isUint8Array(value)) throw encodeError('bytes', 'it takes instances of Uint8Array', value)
  return value
}

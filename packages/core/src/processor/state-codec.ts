import type { ByteString, Codec } from '@goka/interface'
import { encodeShared } from '../encode-shared.ts'
import { decodeCopy } from '../table/decode-copy.ts'

/** A longer text is encoded when it is set: it may be more than a record can hold. */
const LONG_TEXT = 1_000

/** How the values of the group table become bytes and back. */
export interface StateCodec {
  /** @throws GokaError what the codec throws, or `GOKA_TRANSPORT_RECORD_TOO_LARGE` */
  encodeState(value: unknown, key: ByteString): Uint8Array
  /** As `encodeState`, for who copies what it gives at once; a string stands for its UTF-8. */
  shareState(value: unknown, key: ByteString): Uint8Array | string
  /**
   * Whether a value can be encoded when it is committed: it cannot change, and what the codec has against it is known now.
   * @throws GokaError what `encodeState` would throw
   */
  canWait(value: unknown): boolean
  decodeState(bytes: Uint8Array): unknown
}

/** @param check - throws when a record with this key and value has more bytes than the client sends */
export function stateCodec(
  codec: Codec<unknown>,
  check: (key: ByteString, value: Uint8Array | string) => void,
): StateCodec {
  return {
    encodeState(value, key) {
      const bytes = codec.encode(value)
      check(key, bytes)
      return bytes
    },
    shareState(value, key) {
      const bytes = encodeShared(codec, value)
      check(key, bytes)
      return bytes
    },
    canWait(value) {
      if (codec.check === undefined || typeof value === 'object') return false
      if (typeof value === 'string' && value.length > LONG_TEXT) return false
      codec.check(value)
      return true
    },
    decodeState: (bytes) => decodeCopy(codec, bytes),
  }
}

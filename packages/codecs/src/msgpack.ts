import type { Codec } from '@goka/interface'
import type { ExtensionCodecType } from '@msgpack/msgpack'
import { Decoder, Encoder } from '@msgpack/msgpack'
import { decodeError, encodeError, messageOf } from './codec-error.ts'

/** Options of {@link msgpack}. */
export interface MsgpackOptions {
  /**
   * Whether 64-bit integers are bigints, both ways. Without it they are numbers, which beyond 2^53 - 1 lose digits, and
   * bigints are refused. Default false.
   */
  readonly useBigInt64?: boolean
  /** Types of the caller's own, such as `Map`; see `ExtensionCodec` in `@msgpack/msgpack`. Default: `Date` alone. */
  readonly extensionCodec?: ExtensionCodecType<undefined>
}

/** An encoder keeps the memory that its largest value took; beyond so many bytes it is not kept itself. */
const MAX_KEPT_BYTES = 1024 * 1024

/**
 * Values as MessagePack, by `@msgpack/msgpack`. `T` is what the caller says it is: what is decoded is not checked against
 * it. Properties that are `undefined` are left out, as in JSON. Bytes in a value (`Uint8Array`) are copies.
 */
export function msgpack<T>(options: MsgpackOptions = {}): Codec<T> {
  const settings = { ...options, ignoreUndefined: true }
  const decoder = new Decoder<undefined>(settings)
  let encoder = new Encoder<undefined>(settings)
  const encodeShared = (value: T): Uint8Array => {
    if (value === undefined) throw encodeError('msgpack', 'it has no form in MessagePack', value)
    try {
      const bytes = encoder.encodeSharedRef(value)
      if (bytes.length > MAX_KEPT_BYTES) encoder = new Encoder<undefined>(settings)
      return bytes
    } catch (cause) {
      throw encodeError('msgpack', messageOf(cause), value, cause)
    }
  }
  return {
    name: 'msgpack',
    encodeShared,

    encode(value: T): Uint8Array {
      return Buffer.from(encodeShared(value))
    },

    decode(bytes: Uint8Array): T {
      try {
        return decoder.decode(Buffer.from(bytes)) as T
      } catch (cause) {
        throw decodeError('msgpack', messageOf(cause), bytes, cause)
      }
    },
  }
}

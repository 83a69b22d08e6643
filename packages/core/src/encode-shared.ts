import type { Codec } from '@goka/interface'

/** The bytes of a value, or the text that they are the UTF-8 of, for who copies them at once. */
export function encodeShared<T>(codec: Codec<T>, value: T): Uint8Array | string {
  return codec.encodeShared === undefined ? codec.encode(value) : codec.encodeShared(value)
}

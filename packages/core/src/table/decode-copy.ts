import type { Codec } from '@goka/interface'

/** Decodes bytes that others use too: who gets the value may write to it. */
export function decodeCopy<T>(codec: Codec<T>, bytes: Uint8Array): T {
  return codec.decode(codec.decodesToViews === true ? Uint8Array.from(bytes) : bytes)
}

import type { Codec } from '@goka/interface'
import type { Cell } from './cell-cache.ts'

/** Decodes bytes that others use too: who gets the value may write to it. */
export function decodeCopy<T>(codec: Codec<T>, bytes: Uint8Array): T {
  return codec.decode(codec.decodesToViews === true ? Uint8Array.from(bytes) : bytes)
}

/** The value of a key as it was read; `undefined` when there is none. */
export function decodeCell<T>(codec: Codec<T>, { content }: Cell): T | undefined {
  return content === undefined ? undefined : decodeCopy(codec, content as Uint8Array)
}

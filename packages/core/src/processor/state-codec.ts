import type { Codec } from '@goka/interface'

/** A longer text is encoded when it is set: it may be more than a record can hold. */
const LONG_TEXT = 1_000

/**
 * Whether a value of the group table can be encoded when it is committed: it cannot change, and what the codec has against it
 * is known now.
 * @throws GokaError what `encode` would throw
 */
export function canWait(codec: Codec<unknown>, value: unknown): boolean {
  if (codec.check === undefined || typeof value === 'object') return false
  if (typeof value === 'string' && value.length > LONG_TEXT) return false
  codec.check(value)
  return true
}

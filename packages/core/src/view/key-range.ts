import type { ByteString, KeyRange } from '@goka/interface'
import { encodeKey } from '../key.ts'

/** Which keys to walk over. `prefix` excludes the other bounds. */
export interface ViewRange {
  /** The first key, inclusive. */
  readonly gte?: string
  /** The end, exclusive. */
  readonly lt?: string
  /** All keys that start so. */
  readonly prefix?: string
  /** From the last to the first. Default false. */
  readonly reverse?: boolean
  /** At most so many. Default: all. */
  readonly limit?: number
}

/** The bounds in bytes. */
export function keyRange({ gte, lt, prefix, reverse, limit }: ViewRange): KeyRange {
  const bounds =
    prefix === undefined
      ? {
          ...(gte !== undefined && { gte: encodeKey(gte) }),
          ...(lt !== undefined && { lt: encodeKey(lt) }),
        }
      : prefixRange(encodeKey(prefix))
  return {
    ...bounds,
    ...(reverse !== undefined && { reverse }),
    ...(limit !== undefined && { limit }),
  }
}

/** The range of all keys that start with these bytes. */
export function prefixRange(prefix: ByteString): Pick<KeyRange, 'gte' | 'lt'> {
  let end = prefix.length
  while (end > 0 && prefix.charCodeAt(end - 1) === 0xff) end--
  if (end === 0) return { gte: prefix }
  const last = String.fromCharCode(prefix.charCodeAt(end - 1) + 1)
  return { gte: prefix, lt: prefix.slice(0, end - 1) + last }
}

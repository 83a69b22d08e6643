import type { ByteString } from '@goka/interface'

// biome-ignore lint: a range of control characters is what is meant
const BEYOND_ASCII = /[^\x00-\x7f]/

/** The bytes of a key as users write it: UTF-8. */
export function encodeKey(key: string): ByteString {
  return BEYOND_ASCII.test(key) ? Buffer.from(key, 'utf8').toString('latin1') : key
}

/** A key as users read it. Bytes that are not UTF-8 read as U+FFFD; the key itself stays what it is. */
export function decodeKey(key: ByteString): string {
  return BEYOND_ASCII.test(key) ? Buffer.from(key, 'latin1').toString('utf8') : key
}

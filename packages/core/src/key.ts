import type { ByteString } from '@goka/interface'

// Faster than a regular expression where keys are short.
function isAscii(key: string): boolean {
  for (let index = 0; index < key.length; index++) if (key.charCodeAt(index) > 0x7f) return false
  return true
}

/** The bytes of a key as users write it: UTF-8. */
export function encodeKey(key: string): ByteString {
  return isAscii(key) ? key : Buffer.from(key, 'utf8').toString('latin1')
}

/** A key as users read it. Bytes that are not UTF-8 read as U+FFFD; the key itself stays what it is. */
export function decodeKey(key: ByteString): string {
  return isAscii(key) ? key : Buffer.from(key, 'latin1').toString('utf8')
}

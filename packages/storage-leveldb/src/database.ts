import type { ByteString } from '@goka/interface'
import type { ClassicLevel } from 'classic-level'

/** Keys are strings where they are ASCII, bytes elsewhere: UTF-8 would change the others. */
export type Database = ClassicLevel<string, Uint8Array>

/** The option that says that the key of a call is bytes. */
export const BYTES_KEY = { keyEncoding: 'view', valueEncoding: 'view' } as const

const NOT_ASCII = /[\x80-\xff]/

export function isAscii(key: ByteString): boolean {
  return !NOT_ASCII.test(key)
}

export function bytesOf(key: ByteString): Buffer {
  return Buffer.from(key, 'latin1')
}

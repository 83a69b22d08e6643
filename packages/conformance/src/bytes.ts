/** The UTF-8 bytes of a text, as an array that owns its memory. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Bytes in a form that compares and prints well, whatever class or realm the array is of; "none" without any. */
export function hex(bytes: Uint8Array | null | undefined): string {
  if (bytes === undefined || bytes === null) return 'none'
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** `length` bytes that differ from place to place and from `seed` to `seed`. */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index++)
    bytes[index] = (index * 31 + seed * 17 + (index >> 8)) & 0xff
  return bytes
}

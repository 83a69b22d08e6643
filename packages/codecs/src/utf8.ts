const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The text in `bytes`, a byte order mark included.
 * @throws TypeError where they are not UTF-8
 */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

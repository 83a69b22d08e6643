import type { Header, Headers } from './headers.ts'

// Headers of one record in packed memory, one after the other, little-endian and unaligned:
// i32 length of the name, name (UTF-8), i32 length of the value (-1: none), value.

/** Bytes that `headers` take in packed memory. */
export function headersByteLength(headers: Headers): number {
  let length = 0
  for (const { name, value } of headers) {
    length += 8 + Buffer.byteLength(name, 'utf8') + (value?.length ?? 0)
  }
  return length
}

/** Writes `headers` at `at`; returns where they end. */
export function writeHeaders(bytes: Buffer, at: number, headers: Headers): number {
  let end = at
  for (const { name, value } of headers) {
    const nameLength = bytes.write(name, end + 4, 'utf8')
    end = bytes.writeInt32LE(nameLength, end) + nameLength
    end = bytes.writeInt32LE(value === null ? -1 : value.length, end)
    if (value !== null) {
      bytes.set(value, end)
      end += value.length
    }
  }
  return end
}

/** The headers between `start` and `end`; their values are views into `bytes`. */
export function readHeaders(bytes: Buffer, start: number, end: number): Headers {
  const headers: Header[] = []
  let at = start
  while (at < end) {
    const nameEnd = at + 4 + bytes.readInt32LE(at)
    const name = bytes.toString('utf8', at + 4, nameEnd)
    const valueLength = bytes.readInt32LE(nameEnd)
    at = nameEnd + 4
    if (valueLength < 0) {
      headers.push({ name, value: null })
    } else {
      headers.push({ name, value: bytes.subarray(at, at + valueLength) })
      at += valueLength
    }
  }
  return headers
}

import type { StoreBatch } from '@goka/interface'

/** A batch as Redis takes it: two arguments, however many entries there are. */
export interface PackedBatch {
  /** The keys to delete: of each its length (32 bits, little-endian) and its bytes. */
  readonly removed: Buffer
  /** The others: of each the key in the same way, and the value. */
  readonly entries: Buffer
}

/** Copies a batch, whole or, when it cannot be read, not at all. */
export function packedBatch({ keys, values }: StoreBatch): PackedBatch {
  let removedBytes = 0
  let entryBytes = 0
  for (let i = 0; i < keys.length; i++) {
    const keyBytes = 4 + (keys[i] as string).length
    const value = values[i]
    if (value === undefined) removedBytes += keyBytes
    else entryBytes += keyBytes + 4 + value.byteLength
  }
  const removed = Buffer.allocUnsafe(removedBytes)
  const entries = Buffer.allocUnsafe(entryBytes)
  for (let i = 0, at = 0, removedAt = 0; i < keys.length; i++) {
    const key = keys[i] as string
    const value = values[i]
    if (value === undefined) {
      removedAt = writeKey(removed, removedAt, key)
      continue
    }
    at = writeKey(entries, at, key)
    at = entries.writeUInt32LE(value.byteLength, at)
    entries.set(value, at)
    at += value.byteLength
  }
  return { removed, entries }
}

function writeKey(buffer: Buffer, at: number, key: string): number {
  const start = buffer.writeUInt32LE(key.length, at)
  return start + buffer.write(key, start, 'latin1')
}

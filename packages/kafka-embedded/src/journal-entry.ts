import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { GokaError } from '@goka/interface'
import { failed } from './failures.ts'
import type { JournalEntry } from './journal.ts'

/** The first entry of every file; the version is raised when the format changes. */
export const FORMAT: JournalEntry & { readonly version: number } = { kind: 'format', version: 1 }

/** An entry as it was read. */
export interface ReadEntry {
  readonly entry: JournalEntry
  /** What follows it. */
  readonly data: Buffer
  /** Where it ends in the file. */
  readonly end: number
}

// An entry in the file, little-endian: u32 length of all that follows the checksum, u32 CRC-32 of it, u32 length of the
// entry as JSON, the JSON, the data.
const HEAD_BYTES = 8
const FOREIGN_BYTES = 64
const WINDOW_BYTES = 4 * 1_048_576

/** An entry with its data as pieces to be written one after the other. */
export function encodeEntry(
  entry: JournalEntry,
  data: readonly Uint8Array[] = [],
): readonly Uint8Array[] {
  const json = Buffer.from(JSON.stringify(entry))
  const head = Buffer.allocUnsafe(HEAD_BYTES + 4)
  const pieces = [head.subarray(HEAD_BYTES), json, ...data]
  head.writeUInt32LE(json.length, HEAD_BYTES)
  head.writeUInt32LE(
    pieces.reduce((sum, { length }) => sum + length, 0),
    0,
  )
  head.writeUInt32LE(
    pieces.reduce((sum, piece) => crc32(piece, sum), 0),
    4,
  )
  return [head, json, ...data]
}

/**
 * The entries of a file from its beginning; ends before the last one if that is not whole.
 * @throws GokaError `GOKA_TRANSPORT_FAILED` when an entry is damaged that others follow
 */
export async function* readEntries(handle: FileHandle, path: string): AsyncGenerator<ReadEntry> {
  const { size } = await handle.stat()
  let window = Buffer.alloc(0)
  let start = 0
  while (size - start >= HEAD_BYTES) {
    const length = window.length < HEAD_BYTES ? 0 : window.readUInt32LE(0)
    const end = start + HEAD_BYTES + length
    if (end > size) {
      // The first entry is written in one piece with little else: a file without one was never a journal.
      if (start === 0 && size > FOREIGN_BYTES) throw corrupted(path, 0)
      return
    }
    if (window.length < HEAD_BYTES + length) {
      const wanted = Math.max(WINDOW_BYTES, HEAD_BYTES + length - window.length)
      const more = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, start + window.length)
      if (more.bytesRead === 0) return
      window = Buffer.concat([window, more.buffer.subarray(0, more.bytesRead)])
      continue
    }
    const body = window.subarray(HEAD_BYTES, HEAD_BYTES + length)
    if (length < 4 || crc32(body) !== window.readUInt32LE(4)) {
      if (end === size) return
      throw corrupted(path, start)
    }
    const dataStart = 4 + body.readUInt32LE(0)
    const entry = JSON.parse(body.toString('utf8', 4, dataStart)) as JournalEntry
    if (start === 0 && !(entry.kind === 'format' && entry.version === FORMAT.version)) {
      throw corrupted(path, 0)
    }
    start = end
    window = window.subarray(HEAD_BYTES + length)
    yield { entry, data: body.subarray(dataStart), end }
  }
}

function corrupted(path: string, at: number): GokaError {
  const message = `the journal of the embedded broker in ${path} cannot be read from byte ${at} on: remove the folder to begin anew`
  return failed('open', 'CORRUPTED', message)
}

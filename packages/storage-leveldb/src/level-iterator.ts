import type { Entry, KeyRange, StoreIterator } from '@goka/interface'
import type { Iterator } from 'classic-level'
import type { Database } from './database.ts'
import { bytesOf } from './database.ts'
import type { StoreFailures } from './store-failures.ts'
import { CHECKPOINT_KEY, fromStored, toStored } from './stored-key.ts'

/** At most so many entries at a time, whatever is asked for: memory is set aside for all of them beforehand. */
const MAX_ENTRIES = 10_000
/** About so many bytes at a time. classic-level's own default, 16 KiB, makes many small steps. */
const MAX_BYTES = 256 * 1024

type Cursor = Iterator<Database, Buffer, Uint8Array>

/** A walk over a database as it was when the walk was made: LevelDB takes a snapshot. */
export class LevelIterator implements StoreIterator {
  readonly #db: Database
  readonly #cursor: Cursor
  readonly #failures: StoreFailures
  /** Entries that the limit still allows. */
  #allowed: number
  #closed = false

  constructor(db: Database, range: KeyRange, failures: StoreFailures) {
    this.#db = db
    this.#cursor = openCursor(db, range)
    this.#failures = failures
    this.#allowed = range.limit ?? Number.POSITIVE_INFINITY
  }

  async next(size: number): Promise<readonly Entry[]> {
    if (this.#closed || this.#db.status !== 'open') throw this.#failures.notOpen('iterator')
    const wanted = Math.min(size, this.#allowed, MAX_ENTRIES)
    const entries: Entry[] = []
    if (wanted === 0) return entries
    try {
      // Once more when the checkpoint took the place of an entry: an empty array would mean the end.
      for (let again = true; again; ) {
        again = false
        for (const [bytes, value] of await this.#cursor.nextv(wanted - entries.length)) {
          const key = bytes.toString('latin1')
          if (key === CHECKPOINT_KEY) again = true
          else entries.push([fromStored(key), value])
        }
      }
    } catch (error) {
      throw this.#failures.of('read', error)
    }
    this.#allowed -= entries.length
    return entries
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#cursor.close()
  }
}

function openCursor(db: Database, { gte, lt, reverse = false }: KeyRange): Cursor {
  return db.iterator<Buffer, Uint8Array>({
    keyEncoding: 'buffer',
    valueEncoding: 'view',
    highWaterMarkBytes: MAX_BYTES,
    reverse,
    ...(gte !== undefined && { gte: bytesOf(toStored(gte)) }),
    ...(lt !== undefined && { lt: bytesOf(toStored(lt)) }),
  })
}

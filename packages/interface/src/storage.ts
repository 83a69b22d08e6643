import type { ByteString } from './byte-string.ts'
import type { Logger } from './logger.ts'

/** A value, or a promise of it where the storage cannot answer at once. Whoever asks looks at each answer anew. */
export type Awaitable<T> = T | Promise<T>

/** What a storage can do; the conformance suite tests both sides of each. */
export interface StorageCapabilities {
  /** What was written is there after close and open, and after a kill of the process. */
  readonly persistent: boolean
  /** An iterator sees the store as it was when the iterator was made. Without: each key once, old or new value. */
  readonly snapshots: boolean
}

/**
 * Makes the stores of an instance: one for each topic-partition of a scope. What a user passes as `storage`.
 * Making one does no I/O; `open` does.
 */
export interface Storage {
  /** Names the storage in errors and logs: `'leveldb'`. */
  readonly name: string
  readonly capabilities: StorageCapabilities
  /**
   * Opens a store and makes it when there is none.
   * Several may be opened at the same time. The same one cannot be open twice, in whatever process.
   * @throws GokaError `GOKA_STORAGE_LOCKED`, `GOKA_STORAGE_UNAVAILABLE`, `GOKA_STORAGE_CORRUPTED`
   */
  open(name: StoreName, context: StorageContext): Promise<Store>
  /**
   * Deletes a store, which must be closed. Resolves also when there was none.
   * @throws GokaError `GOKA_STORAGE_LOCKED`, `GOKA_STORAGE_UNAVAILABLE`
   */
  drop(name: StoreName): Promise<void>
}

/** Which store of a storage. */
export interface StoreName {
  /**
   * Whose store it is: `'processor/<group>'` or `'view'`, so that a processor and a view of one table can share a storage;
   * `''` when the storage belongs to one processor or view alone. Segments are separated by `/`.
   */
  readonly scope: string
  readonly topic: string
  readonly partition: number
}

/** What the core lends to a storage. */
export interface StorageContext {
  readonly log: Logger
}

/**
 * How far a store is. It is written in the same atomic batch as the values, so that the two always agree.
 */
export interface Checkpoint {
  /** The offset of the next record to read from the table's topic (the changelog). */
  readonly position: number
  /** The offset of the next record to process, by input topic (of the same partition). */
  readonly inputs: Readonly<Record<string, number>>
  /** When it was written, in milliseconds since the epoch; 0 when unknown. */
  readonly timeMs: number
  /** The identity of the table's topic when the transport knows one; tells a topic that was deleted and made anew. */
  readonly topicId: string | undefined
}

/** Writes that become visible and durable together, or not at all. */
export interface StoreBatch {
  /** The keys; each at most once in a batch. */
  readonly keys: readonly ByteString[]
  /** For each key its value, or `undefined` to delete it. An empty array is a value. */
  readonly values: readonly (Uint8Array | undefined)[]
  /** Replaces the checkpoint; `undefined` leaves it as it is. */
  readonly checkpoint: Checkpoint | undefined
}

/** A key and its value. */
export type Entry = readonly [key: ByteString, value: Uint8Array]

/**
 * Which entries, by the byte order of keys. Without a bound the range is open on that side.
 * A prefix is a range: see `prefixRange` in the core.
 */
export interface KeyRange {
  /** The first key, inclusive. */
  readonly gte?: ByteString
  /** The end, exclusive. */
  readonly lt?: ByteString
  /** From the last key to the first; the bounds mean the same. Default false. */
  readonly reverse?: boolean
  /** At most so many entries. Default: all. */
  readonly limit?: number
}

/**
 * The state of one partition of one table: an ordered map of bytes, and a checkpoint.
 *
 * Any number of reads may be under way together with at most one `write`; the core sees to that. A read that runs
 * beside a write finds, for each key, the old or the new value. The order of keys is that of their bytes. Every key is
 * allowed, the empty one too; whatever the storage keeps for itself is outside the key space of the user.
 *
 * After `close`, every call but `close` throws or rejects with `GOKA_STORAGE_NOT_OPEN`.
 */
export interface Store {
  /** The checkpoint as it was at open or was last written; `undefined` for a new store. */
  readonly checkpoint: Checkpoint | undefined
  /**
   * The values of `keys`, in their order; `undefined` for those that are not there. A key may repeat.
   * The arrays are the caller's to read and not to write.
   */
  getMany(keys: readonly ByteString[]): Awaitable<(Uint8Array | undefined)[]>
  /**
   * Applies the batch atomically, also if the process is killed meanwhile. When it resolves, the write survives a kill of
   * the process (not necessarily a power failure: the changelog does). The arrays may be parts of larger memory that the
   * caller reuses once this has settled: a store copies what it keeps, the checkpoint too. If it rejects, for whatever reason,
   * nothing of the batch is visible.
   * @throws GokaError `GOKA_STORAGE_UNAVAILABLE`, `GOKA_STORAGE_CORRUPTED`
   */
  write(batch: StoreBatch): Promise<void>
  /** Walks over a range of keys. */
  iterate(range: KeyRange): StoreIterator
  /** Ends running iterators, waits for running reads and writes, and releases the store. May be called again. */
  close(): Promise<void>
}

/** A walk over a store, batch by batch. One `next` at a time. */
export interface StoreIterator {
  /**
   * Up to `size` further entries, at least 1; an empty array at the end, and from then on.
   * @throws GokaError `GOKA_STORAGE_NOT_OPEN` after `close`
   */
  next(size: number): Awaitable<readonly Entry[]>
  /** Ends the walk and frees what it holds. May be called again, and at any time. */
  close(): Awaitable<void>
}

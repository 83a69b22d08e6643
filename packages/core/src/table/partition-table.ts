import type {
  Awaitable,
  ByteString,
  Checkpoint,
  Clock,
  Headers,
  KeyRange,
  RecordBatch,
  Store,
  StoreBatch,
  StoreIterator,
} from '@goka/interface'
import { isLater } from '../awaitable.ts'
import { decodeKey } from '../key.ts'
import { type Cell, CellCache, type CellContent } from './cell-cache.ts'
import { UnstoredWrites } from './unstored-writes.ts'

/** A record of a table's topic that has just been written to the local store. */
export interface TableUpdate {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Milliseconds since the epoch; -1 when the record has none. */
  readonly timestamp: number
  readonly key: string
  /** The bytes of the new value; `undefined` when the key was deleted. A view: copy what outlives the call. */
  readonly value: Uint8Array | undefined
  readonly headers: Headers
}

/** How much is gathered from the log before it is written to the store in one batch. */
const APPLY_RECORDS = 16_384

/** The share of the cache that committed values may take that are not in the store yet. */
const UNSTORED_SHARE = 4

/**
 * One partition of one table: the store, how far it has read its topic, and the values in use.
 * Written either from its topic (`apply`) or by the commits of its task (`write`), which go into the store with the next
 * `flush`.
 */
export class PartitionTable {
  readonly topic: string
  readonly partition: number
  /** The values in use. */
  cells: CellCache
  readonly #cacheBytes: number
  readonly #store: Store
  readonly #clock: Clock
  readonly #onUpdate: ((update: TableUpdate) => void) | undefined
  /** The identity of the topic when the table was opened. */
  readonly topicId: string | undefined
  #position: number
  #inputs: Readonly<Record<string, number>>
  #closed = false
  #written: Promise<void> = Promise.resolve()
  readonly #unstored: UnstoredWrites
  // Whether the checkpoint of the store is behind.
  #isBehind = false
  // What a flush has failed with: the store must not get a later checkpoint without what that one had.
  #failure: { readonly error: unknown } | undefined
  #currentMs: number
  /** Records read from the topic since the table was opened. */
  recordsRead = 0
  /** Bytes of keys and values read from the topic since the table was opened. */
  bytesRead = 0
  /** Keys written since the table was opened. */
  writes = 0

  constructor(
    topic: string,
    partition: number,
    store: Store,
    position: number,
    topicId: string | undefined,
    cacheBytes: number,
    clock: Clock,
    onUpdate?: (update: TableUpdate) => void,
    encode: (value: unknown) => Uint8Array = notWritten,
  ) {
    this.#unstored = new UnstoredWrites(encode)
    this.#onUpdate = onUpdate
    this.#currentMs = clock.now()
    this.topic = topic
    this.partition = partition
    this.#cacheBytes = cacheBytes
    this.cells = new CellCache(cacheBytes)
    this.#store = store
    this.#position = position
    this.topicId = topicId
    this.#inputs = store.checkpoint?.inputs ?? {}
    this.#clock = clock
  }

  /** The offset of the next record of the topic. */
  get position(): number {
    return this.#position
  }

  get store(): Store {
    return this.#store
  }

  /** Whether committed values that are not in the store take so much that they should go there. */
  get isFull(): boolean {
    return this.#unstored.bytes * UNSTORED_SHARE > this.#cacheBytes
  }

  /** Forgets the values in use: what was not committed is gone with them. */
  resetCells(): void {
    this.cells = new CellCache(this.#cacheBytes)
  }

  /** The committed values of keys. */
  read(keys: readonly ByteString[]): Awaitable<(Uint8Array | undefined)[]> {
    if (this.#unstored.isEmpty) return this.#store.getMany(keys)
    const unstored = keys.map((key) => this.#unstored.get(key))
    const merge = (stored: (Uint8Array | undefined)[]): (Uint8Array | undefined)[] => {
      for (const [index, found] of unstored.entries()) {
        if (found !== undefined) stored[index] = found[0]
      }
      return stored
    }
    const values = this.#store.getMany(keys)
    return isLater(values) ? values.then(merge) : merge(values)
  }

  /** Walks over the committed values. */
  async iterate(range: KeyRange): Promise<StoreIterator> {
    await this.flush()
    return this.#store.iterate(range)
  }

  /**
   * One key, loaded, of a table that no task writes. At once where it is in memory or the store answers at once.
   */
  get(key: ByteString): Awaitable<Cell> {
    const known = this.cells.get(key)
    if (known?.loaded === true) return known
    const cell = known ?? this.#add(key)
    const found = this.read([key])
    if (isLater(found)) {
      return found.then((values) => {
        // An update that came meanwhile is newer than what was read.
        if (!cell.loaded) cell.load(values[0])
        this.cells.recount(cell)
        return cell
      })
    }
    cell.load(found[0])
    this.cells.recount(cell)
    return cell
  }

  #add(key: ByteString): Cell {
    if (this.cells.isFull) this.cells.rotate([])
    return this.cells.add(key)
  }

  /** Writes consecutive batches of the topic into the store. */
  async apply(batches: readonly RecordBatch[]): Promise<void> {
    await this.flush()
    let from = 0
    while (from < batches.length) {
      let to = from
      let records = 0
      while (to < batches.length && (to === from || records < APPLY_RECORDS)) {
        records += (batches[to] as RecordBatch).length
        to++
      }
      await this.#applySome(batches.slice(from, to))
      from = to
    }
  }

  async #applySome(batches: readonly RecordBatch[]): Promise<void> {
    const index = new Map<ByteString, number>()
    const keys: ByteString[] = []
    const values: (Uint8Array | undefined)[] = []
    for (const batch of batches) {
      for (let record = 0; record < batch.length; record++) {
        const key = batch.key(record) ?? ''
        const value = batch.value(record) ?? undefined
        const known = index.get(key)
        this.bytesRead += batch.byteLength(record)
        if (known === undefined) {
          index.set(key, keys.push(key) - 1)
          values.push(value)
        } else {
          values[known] = value
        }
      }
      this.recordsRead += batch.length
    }
    const { nextOffset } = batches[batches.length - 1] as RecordBatch
    if (keys.length > 0 || nextOffset !== this.#position) {
      await this.#write(keys, values, nextOffset)
    }
    if (this.cells.size > 0) {
      for (const [at, key] of keys.entries()) {
        const bytes = values[at]
        // A copy: the batch's memory would stay as long as the cell.
        const cell = this.cells.get(key)
        if (cell === undefined) continue
        cell.load(bytes === undefined ? undefined : Uint8Array.from(bytes))
        this.cells.recount(cell)
      }
    }
    if (batches.some(({ atEnd }) => atEnd)) this.markCurrent()
    if (this.#onUpdate !== undefined) for (const batch of batches) this.#tell(batch)
  }

  #tell(batch: RecordBatch): void {
    const { topic, partition } = batch
    for (let index = 0; index < batch.length; index++) {
      this.#onUpdate?.({
        topic,
        partition,
        offset: batch.offset(index),
        timestamp: batch.timestamp(index),
        key: decodeKey(batch.key(index) ?? ''),
        value: batch.value(index) ?? undefined,
        headers: batch.headers(index),
      })
    }
  }

  /** When the store was last known to hold everything that the topic held, milliseconds since the epoch. */
  get currentMs(): number {
    return this.#currentMs
  }

  /** The store holds everything that the topic holds now. */
  markCurrent(): void {
    this.#currentMs = this.#clock.now()
  }

  /**
   * Takes over what a commit has made durable in Kafka; it goes into the store with the next `flush`.
   * @param position - the offset after the table's last record of the commit; `undefined` when it wrote none
   */
  write(
    cells: readonly Cell[],
    values: readonly CellContent[],
    position: number | undefined,
    inputs: ReadonlyMap<string, number>,
  ): void {
    for (let index = 0; index < cells.length; index++) {
      const cell = cells[index] as Cell
      this.#unstored.add(cell, values[index])
      this.cells.recount(cell)
    }
    this.writes += cells.length
    if (position !== undefined) this.#position = position
    this.#inputs = { ...this.#inputs, ...Object.fromEntries(inputs) }
    this.#isBehind = true
  }

  /** Writes what was committed into the store, with how far the table is. */
  async flush(): Promise<void> {
    if (this.#closed) return
    if (this.#isBehind || !this.#unstored.isEmpty) await this.#next(() => this.#flush())
  }

  async #flush(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error
    if (!this.#isBehind) return
    this.#isBehind = false
    const { keys, values } = this.#unstored.take()
    const checkpoint = this.#checkpoint(this.#position, this.#inputs)
    try {
      await this.#store.write({ keys, values, checkpoint })
    } catch (error) {
      this.#failure = { error }
      throw error
    }
    this.#unstored.stored()
  }

  async #write(
    keys: StoreBatch['keys'],
    values: StoreBatch['values'],
    position: number,
  ): Promise<void> {
    await this.#next(async () => {
      const checkpoint = this.#checkpoint(position, this.#inputs)
      await this.#store.write({ keys, values, checkpoint })
      this.writes += keys.length
      this.#position = position
    })
  }

  // One write at a time: the last one of a task that has lost its partition may still be under way when the table is
  // read on as a standby, and must not come after what is newer.
  #next(write: () => Promise<void>): Promise<void> {
    const written = this.#written.then(write)
    this.#written = written.catch(() => {})
    return written
  }

  #checkpoint(position: number, inputs: Readonly<Record<string, number>>): Checkpoint {
    return { position, inputs, timeMs: this.#clock.now(), topicId: this.topicId }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    // What does not get into the store any more is read from the topic by the next one that opens it.
    await this.#next(() => this.#flush()).catch(() => {})
    await this.#store.close()
  }
}

function notWritten(): never {
  throw new TypeError('a table that no task writes has nothing to encode')
}

import { isGokaError, type PartitionReader, type RecordBatch } from '@goka/interface'
import { type Deferred, deferred } from '../deferred.ts'
import type { PartitionTable } from './partition-table.ts'

/** How long a poll waits: how often a reader without records looks up. */
const POLL_MS = 500

/** How much may wait to be written to the stores before reading pauses. */
const WAITING_BYTES = 64 * 1024 * 1024

/**
 * Reads the topics of tables into their stores: to the end (recovery), and on if asked (join, lookup, view).
 * Tables are written side by side, each in its own order.
 */
export class TableReader {
  readonly #reader: PartitionReader
  readonly #followed = new Map<string, Followed>()
  // What was dropped, until nothing of it is written any more.
  readonly #released = new Map<string, Promise<unknown>>()
  // What was dropped, until nothing of it is read any more, either.
  readonly #letGo = new Map<string, Promise<unknown>>()
  readonly #onFault: (error: unknown) => void
  #waitingBytes = 0
  #closed = false
  #failed = false
  #loop: Promise<void> | undefined
  #wake: (() => void) | undefined

  /** @param onFault - called once, with what ended the reading */
  constructor(reader: PartitionReader, onFault: (error: unknown) => void) {
    this.#reader = reader
    this.#onFault = onFault
  }

  /**
   * Reads a table from its position up to `end`; resolves when that is in its store. Goes on reading afterwards if
   * `forever`. Resolves also when the table is dropped by `forget` or the reader closed.
   */
  async follow(table: PartitionTable, end: number, forever: boolean): Promise<void> {
    if (this.#closed) return
    const name = nameOf(table)
    const recovered = deferred()
    const followed: Followed = {
      table,
      start: table.position,
      end,
      forever,
      isRead: false,
      adding: undefined,
      waiting: [],
      busy: undefined,
      recovered,
    }
    this.#followed.set(name, followed)
    // Until the reader has let go of a partition it may return batches of it that were read from elsewhere.
    await this.#letGo.get(name)
    if (this.#closed || this.#followed.get(name) !== followed) return
    if (table.position >= end && !forever) {
      this.#followed.delete(name)
      return
    }
    followed.isRead = true
    const { topic, partition, position } = table
    followed.adding = this.#reader.add([{ topic, partition, offset: position }])
    await Promise.race([followed.adding, recovered.promise])
    followed.adding = undefined
    this.#checkRecovered(followed)
    this.#start()
    await recovered.promise
  }

  /** Stops reading a table; resolves when nothing of it is written any more. */
  async forget(table: PartitionTable): Promise<void> {
    const name = nameOf(table)
    const followed = this.#followed.get(name)
    if (followed?.table === table) this.#drop(name, followed)
    await this.#released.get(name)
  }

  /** The end of a table's topic as last seen; `undefined` when it was not, and after the close. */
  endOffset(table: PartitionTable): number | undefined {
    return this.#closed ? undefined : this.#reader.endOffset(table)
  }

  /** Where the reading of a table began, and the end of its topic: as last seen or, before that, as it is to be reached. */
  reading(table: PartitionTable): TableReading {
    const followed = this.#followed.get(nameOf(table))
    return {
      start: followed?.start ?? table.position,
      end: this.endOffset(table) ?? followed?.end,
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#wake?.()
    await this.#reader.close()
    await this.#loop
    await Promise.allSettled([...this.#followed.values()].map(async ({ busy }) => busy))
    await Promise.all(this.#released.values())
    for (const { recovered } of this.#followed.values()) recovered.resolve()
    this.#followed.clear()
  }

  // Without tables there is nothing to read: each `follow` starts the loop unless it runs.
  #start(): void {
    if (this.#loop !== undefined || this.#closed || this.#failed) return
    if (this.#followed.size === 0) return
    this.#loop = this.#read().then(() => {
      this.#loop = undefined
      this.#start()
    })
  }

  async #read(): Promise<void> {
    while (!this.#closed && this.#followed.size > 0) {
      try {
        const batches = await this.#reader.poll(POLL_MS)
        for (const batch of batches) this.#take(batch)
      } catch (error) {
        this.#failed = true
        this.#fault(error)
        return
      }
      while (this.#waitingBytes > WAITING_BYTES && !this.#closed) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }

  #take(batch: RecordBatch): void {
    const followed = this.#followed.get(`${batch.topic}/${batch.partition}`)
    if (followed?.isRead !== true) return
    followed.waiting.push(batch)
    this.#waitingBytes += batch.memoryBytes
    followed.busy ??= this.#write(followed)
  }

  async #write(followed: Followed): Promise<void> {
    try {
      while (followed.waiting.length > 0) {
        const batches = followed.waiting
        followed.waiting = []
        await followed.table.apply(batches)
        for (const batch of batches) this.#waitingBytes -= batch.memoryBytes
        this.#wake?.()
        this.#checkRecovered(followed)
      }
    } catch (error) {
      followed.recovered.reject(error)
      this.#fault(error)
    } finally {
      followed.busy = undefined
    }
  }

  #checkRecovered(followed: Followed): void {
    if (followed.table.position < followed.end) return
    followed.recovered.resolve()
    const name = nameOf(followed.table)
    if (!followed.forever && this.#followed.get(name) === followed) this.#drop(name, followed)
  }

  // Reads and writes nothing more of a table.
  #drop(name: string, followed: Followed): void {
    this.#followed.delete(name)
    for (const batch of followed.waiting) this.#waitingBytes -= batch.memoryBytes
    followed.waiting.length = 0
    this.#wake?.()
    const { adding } = followed
    const released = this.#release(followed).then(() => followed.recovered.resolve())
    keepUntilSettled(this.#released, name, released)
    keepUntilSettled(this.#letGo, name, Promise.all([released, this.#removeLate(followed, adding)]))
  }

  async #release({ table, busy }: Followed): Promise<void> {
    await this.#remove(table)
    await busy
  }

  // What was dropped while it was being added may be read from then on, although it was removed before.
  async #removeLate({ table }: Followed, adding: Promise<void> | undefined): Promise<void> {
    if (adding === undefined) return
    await adding.catch(() => {})
    await this.#remove(table)
  }

  async #remove(table: PartitionTable): Promise<void> {
    try {
      if (!this.#closed) await this.#reader.remove([table])
    } catch (error) {
      if (!isGokaError(error, 'GOKA_TRANSPORT_CLOSED')) this.#fault(error)
    }
  }

  #fault(error: unknown): void {
    if (this.#closed) return
    for (const { recovered } of this.#followed.values()) recovered.reject(error)
    this.#onFault(error)
  }
}

/** How far the reading of a table has to go. */
export interface TableReading {
  readonly start: number
  /** `undefined` when nobody knows. */
  readonly end: number | undefined
}

interface Followed {
  readonly table: PartitionTable
  readonly start: number
  readonly end: number
  readonly forever: boolean
  /** Whether the reader has been told to read it. */
  isRead: boolean
  /** While it is being told. */
  adding: Promise<void> | undefined
  waiting: RecordBatch[]
  busy: Promise<void> | undefined
  readonly recovered: Deferred
}

// One after the other under a name: who waits for the last waits for all.
function keepUntilSettled(
  kept: Map<string, Promise<unknown>>,
  name: string,
  promise: Promise<unknown>,
): void {
  const all = Promise.all([kept.get(name), promise]).finally(() => {
    if (kept.get(name) === all) kept.delete(name)
  })
  kept.set(name, all)
}

function nameOf(table: PartitionTable): string {
  return `${table.topic}/${table.partition}`
}

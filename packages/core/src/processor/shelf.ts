import type { Clock, Timer } from '@goka/interface'
import type { PartitionTable } from '../table/partition-table.ts'
import type { PartitionTables } from './partition-tables.ts'

/** How long the stores of revoked partitions stay open when all were revoked: some may come back at once. */
const PARK_MS = 10_000

export interface ShelfOptions {
  readonly tables: PartitionTables
  /** Whether tables on the shelf are kept up to date, for ever. */
  readonly standby: boolean
  readonly clock: Clock
  readonly onFault: (error: unknown) => void
}

/**
 * Tables of partitions that are not processed here: kept up to date to be taken over at once (standby), recovered before
 * the group is joined, or left open through a rebalance in which they may come back.
 */
export class Shelf {
  readonly #options: ShelfOptions
  readonly #items = new Map<number, Item>()
  #timer: Timer
  #closed = false

  constructor(options: ShelfOptions) {
    this.#options = options
  }

  /** The tables on the shelf. */
  get tables(): readonly PartitionTable[] {
    return [...this.#items.values()].flatMap(({ tables }) => tables)
  }

  /** Opens and recovers partitions; resolves when all are up to date. */
  async fill(partitions: readonly number[]): Promise<void> {
    await Promise.all(partitions.map((partition) => this.#follow(new Item(partition, []))))
  }

  /** Takes the tables of a partition from the shelf: open, and read no further. */
  async take(partition: number): Promise<readonly PartitionTable[]> {
    const item = this.#items.get(partition)
    if (item === undefined) return []
    this.#items.delete(partition)
    // Who reads them on waits for what is still read for this.
    await item.stop()
    return item.tables
  }

  /** Puts the tables of a partition on the shelf; `park`: they may come back at once. */
  async put(partition: number, tables: readonly PartitionTable[], park: boolean): Promise<void> {
    const { standby, clock, onFault } = this.#options
    const item = new Item(partition, tables)
    if (this.#closed || (!standby && !park)) {
      await this.#end(item)
    } else if (standby) {
      this.#follow(item).catch(onFault)
    } else {
      this.#items.set(partition, item)
      this.#timer ??= clock.setTimeout(() => {
        this.settle().catch(onFault)
      }, PARK_MS)
    }
  }

  /** The assignment is known: what is still here and is no standby is closed. */
  async settle(): Promise<void> {
    this.#stopTimer()
    if (!this.#options.standby) await this.#closeAll()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#stopTimer()
    await this.#closeAll()
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #closeAll(): Promise<void> {
    const items = [...this.#items.values()]
    this.#items.clear()
    await Promise.all(items.map((item) => this.#end(item)))
  }

  async #end(item: Item): Promise<void> {
    await item.stop()
    // Before that something may still be written to their stores.
    await this.#options.tables.forget(item.tables)
    await Promise.all(item.tables.map((table) => table.close()))
  }

  async #follow(item: Item): Promise<void> {
    this.#items.set(item.partition, item)
    const { signal } = item.abort
    const onOpen = (tables: readonly PartitionTable[]): void => {
      item.tables = tables
    }
    const { partition, tables } = item
    const recovering = this.#options.tables.recover(partition, tables, true, signal, onOpen)
    item.recovering = recovering.catch(() => {})
    try {
      await recovering
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}

class Item {
  readonly partition: number
  tables: readonly PartitionTable[]
  readonly abort: AbortController = new AbortController()
  recovering: Promise<void> | undefined

  constructor(partition: number, tables: readonly PartitionTable[]) {
    this.partition = partition
    this.tables = tables
  }

  /** Ends the recovery, or the reading that has followed it. */
  async stop(): Promise<void> {
    this.abort.abort()
    await this.recovering
  }
}

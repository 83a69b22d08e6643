import type { Clock, Logger, Storage } from '@goka/interface'
import type { Edges } from '../graph/edges.ts'
import type { Table } from '../graph/stream.ts'
import type { Changelogs } from '../table/changelogs.ts'
import { type Changelog, openStore } from '../table/open-store.ts'
import { PartitionTable, type TableUpdate } from '../table/partition-table.ts'
import type { TableReader } from '../table/table-reader.ts'
import { Recovery, type RecoveryProgress } from './recovery.ts'

/** How often a recovery tells how far it is. */
const PROGRESS_MS = 1_000

export interface PartitionTablesOptions {
  readonly edges: Edges
  readonly storage: Storage
  readonly scope: string
  readonly changelogs: Changelogs
  readonly reader: TableReader
  /** How many bytes the values in use of one table may take. */
  readonly cacheBytes: number
  readonly clock: Clock
  readonly log: Logger
  readonly onProgress: (progress: RecoveryProgress) => void
  readonly onUpdate: ((update: TableUpdate) => void) | undefined
}

/** Opens and recovers the tables of partitions: the group's own and the joined ones. */
export class PartitionTables {
  readonly #options: PartitionTablesOptions
  readonly #topics: readonly string[]

  constructor(options: PartitionTablesOptions) {
    this.#options = options
    const { table, joins } = options.edges
    this.#topics = [...(table === undefined ? [] : [table]), ...joins].map(({ topic }) => topic)
  }

  /**
   * Reads the tables of a partition to the end of their topics: `open` ones are read on. A table that others write (a join,
   * or the group's own on a standby) is followed from then on. When `signal` is aborted the tables stay as they are.
   * @param onOpen - told the tables as soon as they are open; from then on they are the caller's to close
   */
  async recover(
    partition: number,
    open: readonly PartitionTable[],
    standby: boolean,
    signal: AbortSignal,
    onOpen: (tables: readonly PartitionTable[]) => void,
  ): Promise<void> {
    if (this.#topics.length === 0) return
    const { changelogs, clock, edges, log, reader } = this.#options
    const found = await changelogs.read(this.#topics.map((topic) => ({ topic, partition })))
    const tables = await this.#open(partition, open, found, signal)
    onOpen(tables)
    if (signal.aborted) return
    const startMs = clock.now()
    const readBefore = recordsRead(tables)
    const stopReading = (): void => {
      // A failure to stop ends the reading as a whole, which the reader tells by itself.
      for (const table of tables) reader.forget(table).catch(() => {})
    }
    signal.addEventListener('abort', stopReading, { once: true })
    const stopTelling = this.#tell(tables, found)
    try {
      await Promise.all(
        tables.map((table, index) => {
          const forever = standby || table.topic !== edges.table?.topic
          return reader.follow(table, (found[index] as Changelog).latest, forever)
        }),
      )
    } catch (error) {
      await Promise.all(tables.map((table) => table.close()))
      throw error
    } finally {
      stopTelling()
    }
    if (!signal.aborted) {
      const records = recordsRead(tables) - readBefore
      log.info(
        { partition, records, durationMs: clock.now() - startMs },
        standby ? 'the standby of the partition is up to date' : 'the partition is recovered',
      )
    }
  }

  /** Reads the tables no further; they stay open. */
  async forget(tables: readonly PartitionTable[]): Promise<void> {
    await Promise.all(tables.map((table) => this.#options.reader.forget(table)))
  }

  async #open(
    partition: number,
    open: readonly PartitionTable[],
    found: readonly Changelog[],
    signal: AbortSignal,
  ): Promise<readonly PartitionTable[]> {
    const { edges, storage, scope, clock, log, cacheBytes, onUpdate } = this.#options
    const results = await Promise.allSettled(
      this.#topics.map(async (topic, index) => {
        const known = open.find((table) => table.topic === topic)
        if (known !== undefined) return known
        const changelog = found[index] as Changelog
        const name = { scope, topic, partition }
        const { store, position } = await openStore(storage, name, changelog, clock, log, signal)
        const { topicId } = changelog
        return new PartitionTable(
          topic,
          partition,
          store,
          position,
          topicId,
          cacheBytes,
          clock,
          onUpdate,
          topic === edges.table?.topic ? encoderOf(edges.table) : undefined,
        )
      }),
    )
    const tables = results.flatMap((result) =>
      result.status === 'fulfilled' ? [result.value] : [],
    )
    const failed = results.find((result) => result.status === 'rejected')
    if (failed === undefined) return tables
    await Promise.all(tables.map((table) => table.close()))
    throw failed.reason
  }

  // Tells now and then how far the tables are; returns how to stop that.
  #tell(tables: readonly PartitionTable[], found: readonly Changelog[]): () => void {
    const { clock, onProgress } = this.#options
    const startMs = clock.now()
    const recoveries = tables.map(
      ({ topic, partition, position }, index) =>
        new Recovery(topic, partition, position, (found[index] as Changelog).latest, startMs),
    )
    const tell = (): void => {
      const nowMs = clock.now()
      for (const [index, table] of tables.entries()) {
        onProgress((recoveries[index] as Recovery).progress(table.position, nowMs))
      }
    }
    let timer = clock.setTimeout(function again() {
      tell()
      timer = clock.setTimeout(again, PROGRESS_MS)
    }, PROGRESS_MS)
    return () => {
      clock.clearTimeout(timer)
      tell()
    }
  }
}

function recordsRead(tables: readonly PartitionTable[]): number {
  return tables.reduce((sum, table) => sum + table.recordsRead, 0)
}

function encoderOf({ codec }: Table<unknown>): (value: unknown) => Uint8Array {
  return (value) => codec.encode(value)
}

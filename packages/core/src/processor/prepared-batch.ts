import type { ByteString, RecordBatch } from '@goka/interface'
import { isLater } from '../awaitable.ts'
import type { Deferred } from '../deferred.ts'
import type { InputEdge } from '../graph/edges.ts'
import type { Cell, CellCache } from '../table/cell-cache.ts'
import type { PartitionTable } from '../table/partition-table.ts'

/** A batch of an input on its way through a task: which record is next, and the state that its records will ask for. */
export class PreparedBatch {
  readonly batch: RecordBatch
  readonly edge: InputEdge
  /** For each record the cell of its key in the group table; empty in a stateless group. */
  readonly cells: Cell[] = []
  /** By topic of a joined table the cells of the keys. */
  readonly joined: Map<string, Cell[]> = new Map()
  /** The next record to start. */
  next = 0
  /** Where to end: after the last record, unless the batch is cancelled. */
  end: number
  /** Records started and not done. */
  running = 0
  /** The record that ended the processor; -1 while none has. */
  failedAt = -1
  /** Resolved when every record is done: for visits. */
  readonly done: Deferred | undefined
  prepared = false

  constructor(batch: RecordBatch, edge: InputEdge, done?: Deferred) {
    this.batch = batch
    this.end = batch.length
    this.edge = edge
    this.done = done
  }

  /** Whether the keys come from a visit and not from a topic. */
  get isVisit(): boolean {
    return this.done !== undefined
  }

  /** Whether every record has been started. */
  get isStarted(): boolean {
    return this.next >= this.end
  }

  /** How many records are done. */
  get finished(): number {
    return this.next - this.running
  }

  /** The key of a record. */
  key(index: number): ByteString {
    return this.cells[index]?.key ?? this.batch.key(index) ?? ''
  }

  /** Starts no more records; those that are under way go on. */
  cancel(reason: unknown): void {
    this.end = this.next
    this.done?.reject(reason)
  }

  /** Finds the state of the keys and fetches what is not in memory, one request a table. */
  prepare(
    table: PartitionTable | undefined,
    joins: ReadonlyMap<string, PartitionTable>,
  ): Promise<void> | undefined {
    this.prepared = true
    const fetches: Promise<void>[] = []
    if (table !== undefined) {
      const fetched = fetch(table, this.batch, this.cells)
      if (fetched !== undefined) fetches.push(fetched)
    }
    for (const [topic, joined] of joins) {
      const cells: Cell[] = []
      this.joined.set(topic, cells)
      const fetched = fetch(joined, this.batch, cells)
      if (fetched !== undefined) fetches.push(fetched)
    }
    return fetches.length === 0 ? undefined : Promise.all(fetches).then(() => {})
  }
}

function fetch(table: PartitionTable, batch: RecordBatch, into: Cell[]): Promise<void> | undefined {
  const cache: CellCache = table.cells
  const numbered = cache.numbered(batch.keyEpoch)
  const missing: Cell[] = []
  for (let index = 0; index < batch.length; index++) {
    const number = batch.keyNumber(index)
    const cell = (number < 0 ? undefined : numbered[number]) ?? find(cache, batch, index, number)
    // Another batch may be fetching it; asking again is simpler than waiting for that one.
    if (!cell.loaded) missing.push(cell)
    into.push(cell)
  }
  if (missing.length === 0) return undefined
  const found = table.read(missing.map(({ key }) => key))
  if (isLater(found)) return found.then((values) => load(cache, missing, values))
  load(cache, missing, found)
  return undefined
}

function find(cache: CellCache, batch: RecordBatch, index: number, number: number): Cell {
  const key = batch.key(index) ?? ''
  const cell = cache.get(key) ?? cache.add(key)
  if (number >= 0) cache.remember(number, cell)
  return cell
}

function load(
  cache: CellCache,
  cells: readonly Cell[],
  values: readonly (Uint8Array | undefined)[],
): void {
  for (let index = 0; index < cells.length; index++) {
    const cell = cells[index] as Cell
    // What was written meanwhile is newer than what was read.
    if (!cell.loaded) cell.load(values[index])
    cache.recount(cell)
  }
}

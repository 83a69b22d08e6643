import {
  type ByteString,
  type ProduceBatch,
  type RecordBatch,
  RecordBatchBuilder,
} from '@goka/interface'
import { type Deferred, deferred } from '../deferred.ts'
import type { AnyCallback } from '../graph/edges.ts'
import type { Cell, CellContent } from '../table/cell-cache.ts'
import type { PartitionTable } from '../table/partition-table.ts'
import { Epoch } from './epoch.ts'
import { foreignWrite } from './foreign-records.ts'
import { PreparedBatch } from './prepared-batch.ts'
import { RecordRunner } from './record-runner.ts'
import type { TaskScope } from './task-scope.ts'
import { TaskStatistics } from './task-statistics.ts'

/**
 * One partition of the co-partitioned inputs: takes their records in the order of arrival, calls the callbacks, and
 * gathers what they do in epochs, which the commit takes from it one by one.
 */
export class Task {
  readonly partition: number
  readonly scope: TaskScope
  readonly statistics: TaskStatistics = new TaskStatistics()
  readonly #runner: RecordRunner
  // Batches that are not started to their end, and those that are but have callbacks under way.
  readonly #queue: PreparedBatch[] = []
  readonly #landing = new Set<PreparedBatch>()
  #queuedBytes = 0
  #preparing = false
  #stopped = false
  #lost = false
  #epoch = new Epoch()
  readonly #positions = new Map<string, number>()
  #sealed: Epoch | undefined
  // Captured by a commit and not in the store yet.
  #committing: Epoch | undefined

  constructor(scope: TaskScope) {
    this.partition = scope.partition
    this.scope = scope
    this.#runner = new RecordRunner(scope, this.statistics)
  }

  /** Bytes of records that wait or are under way. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Bytes of keys, values and outputs that are not committed. */
  get uncommittedBytes(): number {
    return this.#epoch.bytes + (this.#sealed?.bytes ?? 0) + (this.#committing?.bytes ?? 0)
  }

  /** Callbacks under way. */
  get inFlight(): number {
    return this.#runner.inFlight
  }

  /** For each input the offset that the last commit named. */
  get positions(): ReadonlyMap<string, number> {
    return this.#positions
  }

  /** Whether the partition went to another instance: nothing of the task may be committed any more. */
  get isLost(): boolean {
    return this.#lost
  }

  /** Whether `run` would do something. */
  get canRun(): boolean {
    return !this.#stopped && !this.#preparing && this.#queue.length > 0 && this.#runner.canStart
  }

  /** Says where an input starts: it is committed, so that a crash before the first record does not move the start. */
  startAt(topic: string, offset: number): void {
    this.#epoch.positions.set(topic, offset)
  }

  /** Takes a batch of one of the inputs. */
  enqueue(batch: RecordBatch): void {
    const edge = this.scope.edges.inputs.find(({ topic }) => topic === batch.topic)
    if (this.#stopped || edge === undefined) return
    this.#queue.push(new PreparedBatch(batch, edge))
    this.#queuedBytes += batch.memoryBytes
  }

  /**
   * Calls a visitor for keys, in turn with the records; `done` of what is returned rejects when the task is stopped before.
   */
  visit(
    name: string,
    callback: AnyCallback,
    meta: unknown,
    keys: readonly ByteString[],
  ): PreparedBatch & { readonly done: Deferred } {
    const done = deferred()
    const builder = new RecordBatchBuilder(name, this.partition)
    const now = this.scope.clock.now()
    for (const key of keys) builder.add(-1, now, Buffer.from(key, 'latin1'), NO_BYTES, [])
    const codec = { name: 'visit', encode: () => NO_BYTES, decode: () => meta }
    const edge = { topic: name, codec, callback, options: {}, loop: false }
    const item = new PreparedBatch(builder.build(0, false), edge, done)
    if (this.#stopped) {
      item.cancel(undefined)
    } else {
      this.#queue.push(item)
      this.#queuedBytes += item.batch.memoryBytes
      this.scope.wake()
    }
    return item as PreparedBatch & { readonly done: Deferred }
  }

  /** Starts no more records; those that wait are dropped. Callbacks under way go on. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#runner.stop()
    for (const item of this.#landing) item.done?.reject(undefined)
    for (const item of this.#queue) {
      item.done?.reject(undefined)
      if (item.next > 0) this.#take(item)
    }
    this.#queue.length = 0
  }

  /** The partition went to another instance. */
  abandon(): void {
    this.#lost = true
    this.#runner.abandon()
    this.stop()
  }

  /** Starts records until `deadlineMs` or until none may be started. */
  run(deadlineMs: number): void {
    const { clock, holdOutputs, hasRoom } = this.scope
    while (this.canRun) {
      const item = this.#queue[0] as PreparedBatch
      if (!item.prepared && !this.#prepare(item)) break
      const first = item.next
      this.#runner.run(item, this.#epoch, deadlineMs)
      this.#count(item, first)
      if (!item.isStarted) break
      this.#queue.shift()
      this.#take(item)
      if (item.running > 0) this.#landing.add(item)
      else this.#release(item)
      if (clock.now() >= deadlineMs || !hasRoom()) break
    }
    for (const item of this.#landing) {
      if (item.running === 0) this.#release(item)
    }
    if (!holdOutputs) {
      // The older epoch first: both may have outputs of one key.
      if (this.#sealed !== undefined) this.#flush(this.#sealed)
      this.#flush(this.#epoch)
    }
  }

  #count(item: PreparedBatch, first: number): void {
    const { batch, next } = item
    if (item.isVisit || next === first) return
    let bytes = 0
    for (let index = first; index < next; index++) bytes += batch.byteLength(index)
    this.#epoch.records += next - first
    this.statistics.processed(
      batch.topic,
      next - first,
      bytes,
      batch.offset(next - 1) + 1,
      batch.timestamp(next - 1),
    )
  }

  // The records that were started belong to the epoch: its commit goes past them.
  #take(item: PreparedBatch): void {
    const { batch, next, failedAt } = item
    if (item.isVisit || failedAt >= 0) return
    const { positions } = this.#epoch
    positions.set(batch.topic, item.isStarted ? batch.nextOffset : batch.offset(next))
  }

  #release(item: PreparedBatch): void {
    this.#landing.delete(item)
    this.#queuedBytes -= item.batch.memoryBytes
    this.scope.released()
    item.done?.resolve()
  }

  // Returns whether the item can be run now.
  #prepare(item: PreparedBatch): boolean {
    const { table, joins } = this.scope
    if (table?.cells.isFull === true) table.cells.rotate(this.#pinned())
    for (const [topic, joined] of joins) {
      if (joined.cells.isFull) joined.cells.rotate(this.#inUse((item) => item.joined.get(topic)))
    }
    const prepared = item.prepare(table, joins)
    if (prepared === undefined) return true
    this.#preparing = true
    prepared.then(
      () => {
        this.#preparing = false
        this.scope.wake()
      },
      (error: unknown) => this.scope.fail(error),
    )
    return false
  }

  // Cells of one table that batches under way use.
  *#inUse(cellsOf: (item: PreparedBatch) => readonly Cell[] | undefined): Iterable<Cell> {
    for (const item of this.#queue) yield* cellsOf(item) ?? []
    for (const item of this.#landing) yield* cellsOf(item) ?? []
  }

  // Cells of the group table that must not be dropped: in use, or written and not in the store yet.
  *#pinned(): Iterable<Cell> {
    yield* this.#inUse((item) => item.cells)
    yield* this.#epoch.dirty
    if (this.#sealed !== undefined) yield* this.#sealed.dirty
    if (this.#committing !== undefined) yield* this.#committing.dirty
  }

  #flush(epoch: Epoch): void {
    if (epoch.outputs.length === 0) return
    this.statistics.emitted += epoch.outputs.length
    const { outputs } = epoch
    epoch.outputs = this.scope.newBatch()
    epoch.sending(this.scope.send(outputs), outputs.byteLength)
  }

  /**
   * Closes the epoch for a commit: what comes now belongs to the next one. Returns the epoch that is to be committed next,
   * maybe one that was sealed before and waits for slow callbacks; `undefined` when there is nothing to commit.
   */
  seal(): Epoch | undefined {
    if (this.#sealed !== undefined) return this.#sealed
    const { lastEpoch } = this.#runner
    if (lastEpoch !== undefined && lastEpoch !== this.#epoch) return undefined
    const head = this.#queue[0]
    if (head !== undefined && head.next > 0) this.#take(head)
    if (this.#epoch.isEmpty) return undefined
    const epoch = this.#epoch
    this.#epoch = new Epoch()
    this.#sealed = epoch
    epoch.seal()
    return epoch
  }

  /** The sealed epoch is drained and goes into a commit: fixes what it writes, and adds that to the changelog. */
  capture(epoch: Epoch, changelog: ProduceBatch): CapturedEpoch {
    for (const [topic, offset] of epoch.positions) this.#positions.set(topic, offset)
    const contents = epoch.dirty.length > 0 ? this.#write(epoch, changelog) : []
    if (!this.scope.holdOutputs) this.#flush(epoch)
    epoch.capture()
    this.#sealed = undefined
    this.#committing = epoch
    return { task: this, epoch, cells: epoch.dirty, contents }
  }

  #write(epoch: Epoch, changelog: ProduceBatch): readonly CellContent[] {
    const { scope } = this
    const contents: CellContent[] = []
    const topic = changelog.topicIndex((scope.table as PartitionTable).topic)
    const { dirty } = epoch
    for (let from = 0; from < dirty.length; from += LOOK_AHEAD) {
      const cells = dirty.slice(from, from + LOOK_AHEAD)
      // Cells and keys lie anywhere in memory: a short loop waits for many of them at a time, the long one for each.
      let keyBytes = 0
      for (const cell of cells) keyBytes += cell.key.length
      changelog.reserve(cells.length, keyBytes)
      for (const cell of cells) {
        const content = epoch.contentOf(cell)
        const bytes =
          content === undefined || typeof content === 'object'
            ? content
            : scope.shareState(content, cell.key)
        changelog.add(topic, this.partition, cell.key, bytes ?? null, Number.NaN, undefined)
        contents.push(content)
      }
    }
    return contents
  }

  /** Kafka has the epoch: the table takes it over. */
  committed(captured: CapturedEpoch, tablePosition: number | undefined): void {
    const { cells, contents, epoch } = captured
    const { table, holdOutputs } = this.scope
    // The partition was lost during the commit and its store is closed, or in other hands: the changelog has it all.
    if (table !== undefined && !this.#lost) {
      // Without transactions the log tells when somebody else wrote to it since: then the store would miss that.
      if (!holdOutputs && tablePosition !== undefined) {
        const expected = table.position + cells.length
        if (tablePosition !== expected) {
          throw foreignWrite({ table, end: tablePosition, own: cells.length })
        }
      }
      table.write(cells, contents, tablePosition, epoch.positions)
    }
    epoch.release()
    this.#committing = undefined
  }

  /** Writes what was committed to the store, in some rounds only: each key once however often it was committed since. */
  async store(round: number): Promise<void> {
    const { table } = this.scope
    if (table === undefined || this.#lost) return
    // Not all partitions in the same round.
    if (table.isFull || (round + this.partition) % STORE_ROUNDS === 0) await table.flush()
  }
}

/** How many cells of a commit are looked at before they are written. */
const LOOK_AHEAD = 256

/** How many commits go into the store together. */
const STORE_ROUNDS = 10

/** What an epoch writes to the group table. */
export interface CapturedEpoch {
  readonly task: Task
  readonly epoch: Epoch
  readonly cells: readonly Cell[]
  readonly contents: readonly CellContent[]
}

const NO_BYTES = new Uint8Array(0)

import type { Journal, JournalEntry } from './journal.ts'
import { type LogRead, readLog } from './log-read.ts'
import { OffsetRuns } from './offset-runs.ts'
import { type PackedRecords, Segment } from './segment.ts'

/** A segment that has this many bytes or records is closed and the next one begun. */
const SEGMENT_BYTES = 1_048_576
const SEGMENT_RECORDS = 16_384
const INITIAL_BYTES = 1024
const INITIAL_RECORDS = 8

/** Who appends: an idempotent producer, in a transaction or not. */
export interface Appender {
  readonly producerId: number
  readonly transactional: boolean
}

/** What a log needs of its broker. */
export interface LogHost {
  readonly journal: Journal | undefined
  /** A segment is full and the next one begun: a good moment to clean. */
  segmentClosed(log: PartitionLog): void
}

export type Isolation = 'read_committed' | 'read_uncommitted'

/**
 * The records of one partition, in memory. Offsets are never given twice; transaction markers take one each, and what was
 * compacted, aborted or deleted leaves a hole.
 */
export class PartitionLog {
  readonly topic: string
  readonly partition: number
  readonly #host: LogHost
  readonly #aborted = new OffsetRuns()
  /** Open transactions by producer: what each has written. */
  readonly #open = new Map<number, OpenTransaction>()
  readonly #producers = new Map<number, LastAppend>()
  readonly #watchers = new Set<() => void>()
  #segments: Segment[] = []
  #start = 0
  #end = 0
  #cleanBytes = 0
  #deleted = false

  constructor(topic: string, partition: number, host: LogHost) {
    this.topic = topic
    this.partition = partition
    this.#host = host
  }

  /** The first offset that is kept. */
  get start(): number {
    return this.#start
  }

  /** The offset of the next record. */
  get end(): number {
    return this.#end
  }

  /** Whether the topic is gone: readers must let go. */
  get isDeleted(): boolean {
    return this.#deleted
  }

  /** Bytes of all keys, values and headers, also of records that are aborted or just deleted. */
  get byteLength(): number {
    return this.#segments.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  /** The highest timestamp of the records; -1 when there are none. */
  get maxTimestamp(): number {
    return this.#segments.reduce((max, segment) => Math.max(max, segment.maxTimestamp), -1)
  }

  /** Whether more was written since the last compaction than it has left. */
  get isDirty(): boolean {
    return this.byteLength > 2 * this.#cleanBytes
  }

  /** The segments, for compaction. */
  get segments(): readonly Segment[] {
    return this.#segments
  }

  /** Where the first open transaction begins, or the end: Kafka's last stable offset. */
  get stableEnd(): number {
    let stable = this.#end
    for (const { first } of this.#open.values()) if (first < stable) stable = first
    return stable
  }

  /** The producers that have a transaction open here. */
  get openProducers(): readonly number[] {
    return [...this.#open.keys()]
  }

  /** The end as a reader of this isolation sees it. */
  endFor(isolation: Isolation): number {
    return isolation === 'read_committed' ? this.stableEnd : this.#end
  }

  /** Calls `watcher` whenever there may be more to read. */
  watch(watcher: () => void): void {
    this.#watchers.add(watcher)
  }

  unwatch(watcher: () => void): void {
    this.#watchers.delete(watcher)
  }

  /**
   * Appends records and returns the offset of the first. A `sequence` that this producer has appended already changes
   * nothing and returns the same offset again.
   */
  append(
    records: PackedRecords,
    order: Int32Array,
    byteLength: number,
    timestampMs: number,
    appender: Appender,
    sequence: number,
  ): number {
    const last = this.#producers.get(appender.producerId)
    if (last?.sequence === sequence) return last.offset
    const segment = this.#segment(order.length, byteLength)
    const index = segment.length
    const offset = this.#end
    segment.append(records, order, offset, timestampMs)
    this.#end += order.length
    this.#producers.set(appender.producerId, { sequence, offset })
    if (appender.transactional) this.#enlist(appender.producerId, offset)
    this.#host.journal?.tell(this.entryOf(segment, index, appender), segment.tail(index))
    this.#wake()
    return offset
  }

  /** The journal entry of the records of a segment from `index` on. */
  entryOf({ length }: Segment, index: number, appender: Appender): JournalEntry {
    const { topic, partition } = this
    return { kind: 'records', topic, partition, ...appender, records: length - index }
  }

  /** Takes records that were read from a journal, with their offsets. */
  restore(segment: Segment, appender: Appender): void {
    const { length } = segment
    this.#segment(length, segment.byteLength).appendRun(segment, 0, length)
    this.#end = segment.offset(length - 1) + 1
    if (appender.transactional) this.#enlist(appender.producerId, segment.offset(0))
  }

  /** Sets the offset of the next record forward: what was there is compacted away. */
  skipTo(end: number): void {
    this.#end = Math.max(this.#end, end)
  }

  /** Ends the transaction of a producer with a marker, if it has one here. */
  endTransaction(producerId: number, commit: boolean): void {
    const transaction = this.#open.get(producerId)
    if (transaction === undefined || this.#deleted) return
    this.#open.delete(producerId)
    if (!commit) this.#aborted.merge(transaction.runs)
    this.#end++
    const { topic, partition } = this
    this.#host.journal?.tell({ kind: 'marker', topic, partition, producerId, commit })
    this.#wake()
  }

  /**
   * The records from `offset` on as far as this isolation may read, up to about `maxBytes`, but at least one if there is
   * one.
   */
  read(offset: number, isolation: Isolation, maxBytes: number): LogRead {
    const limit = this.endFor(isolation)
    const aborted = isolation === 'read_committed' ? this.#aborted : NOTHING
    return readLog(this, aborted, offset, limit, maxBytes)
  }

  /** Drops the records before `offset`, as far as it is not past the end. */
  deleteBefore(offset: number): void {
    if (offset <= this.#start) return
    this.#start = Math.min(offset, this.#end)
    this.#aborted.dropBefore(this.#start)
    while (this.#segments[0] !== undefined) {
      const segment = this.#segments[0]
      if (segment.offset(segment.length - 1) >= this.#start) break
      this.#segments.shift()
    }
    const { topic, partition, start } = this
    this.#host.journal?.tell({ kind: 'start', topic, partition, offset: start })
  }

  get hasAborted(): boolean {
    return !this.#aborted.isEmpty
  }

  /** Puts other segments in the place of all: fewer records, none of an aborted transaction. */
  replace(segments: Segment[]): void {
    this.#segments = segments
    this.#cleanBytes = this.byteLength
    this.#aborted.dropBefore(this.stableEnd)
  }

  isAborted(offset: number): boolean {
    return this.#aborted.has(offset)
  }

  /** Marks the log as gone, for those who still hold it. */
  delete(): void {
    this.#deleted = true
    this.#segments = []
    this.#wake()
  }

  #enlist(producerId: number, offset: number): void {
    const open = this.#open.get(producerId)
    const transaction = open ?? { first: offset, runs: new OffsetRuns() }
    if (open === undefined) this.#open.set(producerId, transaction)
    transaction.runs.append(offset, this.#end)
  }

  #segment(records: number, byteLength: number): Segment {
    const last = this.#segments.at(-1)
    if (last !== undefined && last.byteLength < SEGMENT_BYTES && last.length < SEGMENT_RECORDS) {
      last.reserve(records, byteLength)
      return last
    }
    const first = last === undefined
    if (!first) this.#host.segmentClosed(this)
    const segment = new Segment(
      Math.max(records, first ? INITIAL_RECORDS : 1024),
      Math.max(byteLength, first ? INITIAL_BYTES : 65_536),
    )
    this.#segments.push(segment)
    return segment
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher()
  }
}

interface OpenTransaction {
  readonly first: number
  readonly runs: OffsetRuns
}

interface LastAppend {
  readonly sequence: number
  readonly offset: number
}

const NOTHING = new OffsetRuns()

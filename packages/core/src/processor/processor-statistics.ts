import type { AssignmentChange } from './assignment.ts'
import type { PartitionState } from './holding.ts'
import type { ProcessorState } from './processor-state.ts'
import type { TableReport } from './table-report.ts'
import type { InputStatistics } from './task-statistics.ts'

/** What one input of a partition is doing. */
export interface InputReport extends InputStatistics {
  readonly topic: string
  /** The offset of the next record to be written, as last seen; -1 before the first time. */
  readonly end: number
  /** Offsets between position and end; -1 while the end is unknown. */
  readonly lag: number
}

/** What one partition that is assigned here is doing. Counters begin anew with each assignment. */
export interface PartitionReport {
  readonly partition: number
  /**
   * `waiting` (not all inputs of it are here), `recovering` (its tables are being read), `running`, `stopping` (it is being
   * given away).
   */
  readonly state: PartitionState
  /** When the state was entered, milliseconds since the epoch. */
  readonly sinceMs: number
  /** Asynchronous callbacks under way, and records that wait for their next try. */
  readonly inFlight: number
  /** Bytes of records that were read and whose callbacks are not done. */
  readonly queuedBytes: number
  /** Bytes of keys, values and outputs that wait for a commit. */
  readonly uncommittedBytes: number
  /** How often a callback or codec threw. */
  readonly errors: number
  /** Records that were skipped or sent to a dead letter topic. */
  readonly skipped: number
  /** How often a record was tried again. */
  readonly retries: number
  /** Records that callbacks emitted or looped back. */
  readonly emitted: number
  readonly inputs: readonly InputReport[]
  /** The group's table and the joined ones, from the moment they are open. */
  readonly tables: readonly TableReport[]
}

/** What a processor is doing: plain values, made when asked. */
export interface ProcessorReport {
  readonly group: string
  readonly state: ProcessorState
  /** When the state was entered, milliseconds since the epoch. */
  readonly sinceMs: number
  /** Whether its clients have brokers, as far as it is known; false while it does not run or starts again. */
  readonly isConnected: boolean
  /** By number. */
  readonly partitions: readonly PartitionReport[]
  /** Tables of partitions that are processed elsewhere: kept up to date (`standby`), or about to be. */
  readonly standbys: readonly TableReport[]
  /** All partitions of the tables that are looked up. */
  readonly lookups: readonly TableReport[]
  /** Since the processor was made, over all restarts. */
  readonly commits: {
    readonly count: number
    /** When the last one ended, milliseconds since the epoch; 0 before the first. */
    readonly lastMs: number
    readonly lastDurationMs: number
    readonly maxDurationMs: number
    /** Records of inputs that were committed. */
    readonly records: number
    /** Records that were written to the table's topic. */
    readonly tableWrites: number
  }
  /** How often the clients were made anew after a fault. */
  readonly restarts: number
  /** The last 256, oldest first. */
  readonly events: readonly LifecycleEvent[]
}

/** Something that happened to a processor. */
export interface LifecycleEvent {
  /** Milliseconds since the epoch. */
  readonly timeMs: number
  /**
   * A state that the processor entered, or what happened to partitions, or to the connection (`disconnected`, `connected`),
   * or a fault that was ridden out (`fault`) or ended it (`failed`).
   */
  readonly kind:
    | ProcessorState
    | AssignmentChange
    | 'disconnected'
    | 'connected'
    | 'fault'
    | 'failed'
  /** Which partitions it happened to; empty when it is about all. */
  readonly partitions: readonly number[]
  /** The error of `disconnected`, `fault` and `failed`; `''` otherwise. */
  readonly message: string
}

/** How many events are kept. */
const EVENTS = 256

/** The counters of a processor over all of its sessions, and its last events. */
export class ProcessorStatistics {
  readonly commits: {
    count: number
    lastMs: number
    lastDurationMs: number
    maxDurationMs: number
    records: number
    tableWrites: number
  } = { count: 0, lastMs: 0, lastDurationMs: 0, maxDurationMs: 0, records: 0, tableWrites: 0 }
  restarts = 0
  readonly #events: LifecycleEvent[] = []

  /** The last events, oldest first. */
  get events(): readonly LifecycleEvent[] {
    return [...this.#events]
  }

  committed(nowMs: number, durationMs: number, records: number, tableWrites: number): void {
    const { commits } = this
    commits.count++
    commits.lastMs = nowMs
    commits.lastDurationMs = durationMs
    commits.maxDurationMs = Math.max(commits.maxDurationMs, durationMs)
    commits.records += records
    commits.tableWrites += tableWrites
  }

  event(
    timeMs: number,
    kind: LifecycleEvent['kind'],
    message = '',
    partitions: readonly number[] = [],
  ): void {
    this.#events.push({ timeMs, kind, partitions, message })
    if (this.#events.length > EVENTS) this.#events.shift()
  }
}

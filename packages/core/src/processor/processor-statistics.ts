import type { TableReport } from './table-report.ts'
import type { InputStatistics } from './task-statistics.ts'

/** What one input of a partition is doing. */
export interface InputReport extends InputStatistics {
  readonly topic: string
  /** The offset of the next record to be written, as last seen; -1 when unknown. */
  readonly end: number
  /** Records between position and end; -1 when unknown. */
  readonly lag: number
}

/** What one partition is doing. */
export interface PartitionReport {
  readonly partition: number
  readonly state: string
  /** When the state was entered, milliseconds since the epoch. */
  readonly sinceMs: number
  readonly inFlight: number
  readonly queuedBytes: number
  readonly uncommittedBytes: number
  readonly errors: number
  readonly skipped: number
  readonly retries: number
  readonly emitted: number
  readonly inputs: readonly InputReport[]
  readonly tables: readonly TableReport[]
}

/** What a processor is doing: plain values, made when asked. */
export interface ProcessorReport {
  readonly group: string
  readonly state: string
  readonly sinceMs: number
  readonly partitions: readonly PartitionReport[]
  /** Tables of partitions that are processed elsewhere. */
  readonly standbys: readonly TableReport[]
  readonly lookups: readonly TableReport[]
  readonly commits: {
    readonly count: number
    readonly lastMs: number
    readonly lastDurationMs: number
    readonly maxDurationMs: number
    readonly records: number
    readonly tableWrites: number
  }
  /** How often the clients were made anew after a fault. */
  readonly restarts: number
  readonly events: readonly LifecycleEvent[]
}

/** Something that happened to a processor. */
export interface LifecycleEvent {
  readonly timeMs: number
  readonly kind: string
  readonly partitions: readonly number[]
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

  event(timeMs: number, kind: string, message = '', partitions: readonly number[] = []): void {
    this.#events.push({ timeMs, kind, partitions, message })
    if (this.#events.length > EVENTS) this.#events.shift()
  }
}

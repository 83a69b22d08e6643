import type { PartitionTable } from '../table/partition-table.ts'
import type { Task } from './task.ts'

/** Where a partition is on its way. */
export type PartitionState = 'waiting' | 'recovering' | 'running' | 'stopping'

/** A partition that this instance holds: the topics of it that are assigned, its tables and its task. */
export class Holding {
  readonly partition: number
  /** The assigned topics, and where each starts. */
  readonly starts: Map<string, number> = new Map()
  /** The tables, opened once and kept as long as the partition is here. */
  tables: readonly PartitionTable[] = []
  task: Task | undefined
  state: PartitionState = 'waiting'
  sinceMs: number
  /** Aborted when the partition goes: ends its recovery and tells its callbacks. */
  abort: AbortController = new AbortController()
  /** Settled when the opening that is under way has ended, well or not. */
  opening: Promise<void> | undefined
  /** Topics that stayed when others of the partition were revoked: they go on where the group has committed. */
  readonly retained: Set<string> = new Set()

  constructor(partition: number, nowMs: number) {
    this.partition = partition
    this.sinceMs = nowMs
  }

  enter(state: PartitionState, nowMs: number): void {
    this.state = state
    this.sinceMs = nowMs
  }
}

import type { PartitionReport } from '@goka/core'
import type { MemberReport } from './fleet-member.ts'

/** `idle` -> `running` (members are started and kept) -> `stopping` -> `stopped`. */
export type FleetState = 'idle' | 'running' | 'stopping' | 'stopped'

/** What a fleet is doing: plain values. */
export interface FleetReport {
  readonly state: FleetState
  /** When the state was entered, milliseconds since the epoch. */
  readonly sinceMs: number
  /** By index. */
  readonly members: readonly MemberReport[]
  /** Those of all processors, by number. */
  readonly partitions: readonly MemberPartitionReport[]
  /** Sums over the processors that run now. */
  readonly totals: FleetTotals
}

/** What one partition is doing, and where. */
export interface MemberPartitionReport extends PartitionReport {
  /** The index of the member that has it. */
  readonly member: number
}

/** Sums over the processors that run now: counters of a process end with it. */
export interface FleetTotals {
  /** Commits, records of inputs that were committed, and records that were written to the table's topic. */
  readonly commits: {
    readonly count: number
    readonly records: number
    readonly tableWrites: number
  }
  /** How often a callback or codec threw. */
  readonly errors: number
  /** Records that were skipped or sent to a dead letter topic. */
  readonly skipped: number
  /** How often a record was tried again. */
  readonly retries: number
  /** Records that callbacks emitted or looped back. */
  readonly emitted: number
  /** Offsets between positions and ends, as far as the ends are known. */
  readonly lag: number
  /** How often a member was started again. */
  readonly restarts: number
}

/** Joins the reports of the members. */
export function fleetReport(
  state: FleetState,
  sinceMs: number,
  members: readonly MemberReport[],
): FleetReport {
  const partitions = members
    .flatMap(({ index, processor }) =>
      (processor?.partitions ?? []).map((partition) => ({ ...partition, member: index })),
    )
    .sort((a, b) => a.partition - b.partition)
  const inputs = partitions.flatMap((partition) => partition.inputs)
  const commits = members.flatMap(({ processor }) => processor?.commits ?? [])
  return {
    state,
    sinceMs,
    members,
    partitions,
    totals: {
      commits: {
        count: sum(commits, ({ count }) => count),
        records: sum(commits, ({ records }) => records),
        tableWrites: sum(commits, ({ tableWrites }) => tableWrites),
      },
      errors: sum(partitions, ({ errors }) => errors),
      skipped: sum(partitions, ({ skipped }) => skipped),
      retries: sum(partitions, ({ retries }) => retries),
      emitted: sum(partitions, ({ emitted }) => emitted),
      lag: sum(inputs, ({ lag }) => Math.max(0, lag)),
      restarts: sum(members, ({ restarts }) => restarts),
    },
  }
}

function sum<T>(all: readonly T[], value: (one: T) => number): number {
  return all.reduce((total, one) => total + value(one), 0)
}

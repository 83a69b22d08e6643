import type { PartitionTable } from '../table/partition-table.ts'

/** What one table of a partition is doing. */
export interface TableReport {
  readonly topic: string
  readonly partition: number
  readonly role: 'table' | 'join' | 'lookup' | 'view'
  readonly position: number
  readonly end: number
  readonly lag: number
  /** Records read from the topic since it was opened: what recovery has cost. */
  readonly recordsRead: number
  readonly bytesRead: number
  /** Keys written to the store since it was opened. */
  readonly writes: number
}

/** How far a position is from the end. */
export function distance(
  position: number,
  end: number | undefined,
): { readonly end: number; readonly lag: number } {
  return { end: end ?? -1, lag: end === undefined ? -1 : Math.max(0, end - position) }
}

/** What a table is doing. */
export function tableReport(
  table: PartitionTable,
  role: TableReport['role'],
  end: number | undefined,
): TableReport {
  const { topic, partition, position, recordsRead, bytesRead, writes } = table
  return {
    topic,
    partition,
    role,
    position,
    recordsRead,
    bytesRead,
    writes,
    ...distance(position, end),
  }
}

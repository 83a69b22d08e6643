import type { PartitionTable } from '../table/partition-table.ts'
import type { TableReading } from '../table/table-reader.ts'

/** What one table of a partition is doing. */
export interface TableReport {
  readonly topic: string
  readonly partition: number
  readonly role: 'table' | 'join' | 'lookup' | 'view'
  /** Where the reading of the topic began: a recovery is on its way from here over `position` to `end`. */
  readonly start: number
  /** The offset of the next record of the topic: what is before it is in the local store. */
  readonly position: number
  /** The offset of the next record to be written to the topic, as last seen; -1 when unknown. */
  readonly end: number
  /** Offsets between position and end; -1 when unknown. */
  readonly lag: number
  /** Records read from the topic since it was opened: what recovery has cost. */
  readonly recordsRead: number
  /** Bytes of keys, values and headers of these. */
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
  reading: TableReading | undefined,
): TableReport {
  const { topic, partition, position, recordsRead, bytesRead, writes } = table
  return {
    topic,
    partition,
    role,
    start: reading?.start ?? position,
    position,
    recordsRead,
    bytesRead,
    writes,
    ...distance(position, reading?.end),
  }
}

import { type ClientContext, GokaError, type Transport } from '@goka/interface'
import type { PartitionTable } from '../table/partition-table.ts'

/** How long the records of a commit may take to be readable: an open transaction before them holds them back. */
const LIMIT_MS = 10_000
const POLL_MS = 500

/** A commit in one partition of a table: `own` records between the position of the table and `end`. */
export interface TableWrite {
  readonly table: PartitionTable
  readonly end: number
  readonly own: number
}

/**
 * Reads whether there are committed records of somebody else among those of a commit. Only that tells: the markers of
 * transactions and what was aborted take offsets, too.
 * @throws GokaError `GOKA_TRANSPORT_FENCED`
 */
export async function checkForeignRecords(
  writes: readonly TableWrite[],
  transport: Transport,
  context: ClientContext,
): Promise<void> {
  const { clock } = context
  const reader = await transport.partitionReader({ isolation: 'read_committed' }, context)
  try {
    const found = new Map(writes.map(({ table }) => [table.partition, 0]))
    const open = new Map(writes.map((write) => [write.table.partition, write]))
    await reader.add(
      writes.map(({ table: { topic, partition, position } }) => ({
        topic,
        partition,
        offset: position,
      })),
    )
    const deadlineMs = clock.now() + LIMIT_MS
    while (open.size > 0) {
      if (clock.now() > deadlineMs) throw foreignWrite([...open.values()][0] as TableWrite)
      for (const batch of await reader.poll(POLL_MS)) {
        const { partition, length, nextOffset } = batch
        const write = open.get(partition)
        if (write === undefined) continue
        let count = found.get(partition) ?? 0
        for (let index = 0; index < length; index++) if (batch.offset(index) < write.end) count++
        found.set(partition, count)
        if (nextOffset >= write.end) open.delete(partition)
      }
    }
    const wrong = writes.find(({ table, own }) => (found.get(table.partition) ?? 0) > own)
    if (wrong !== undefined) throw foreignWrite(wrong)
  } finally {
    await reader.close()
  }
}

/** The error for a table that somebody else has written to: what the store has is not all that the topic has. */
export function foreignWrite({
  table: { topic, partition, position },
  end,
}: TableWrite): GokaError {
  return new GokaError(
    'GOKA_TRANSPORT_FENCED',
    `records in ${topic}/${partition} between ${position} and ${end} were not written by its owner: the partition is read anew`,
    { operation: 'write the table', retriable: true, reason: 'foreign records in the changelog' },
  )
}

import type { ClientContext, RecordBatch, Transport } from '@goka/interface'

/** A record as an oracle sees it. */
export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: Buffer | undefined
}

/** What a topic holds, and where its partitions end for such a reader. */
export interface ReadTopic {
  readonly records: readonly ReadRecord[]
  /** By partition: the offset after everything that was read. */
  readonly ends: readonly number[]
}

/** Reads a whole topic, partition by partition up to its high watermark. */
export async function readTopic(
  transport: Transport,
  topic: string,
  partitions: number,
  context: ClientContext,
): Promise<ReadTopic> {
  const admin = await transport.admin(context)
  const names = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  const wanted = await admin.offsets(names, 'latest')
  const starts = await admin.offsets(names, 'earliest')
  await admin.close()
  const reader = await transport.partitionReader({ isolation: 'read_committed' }, context)
  const records: ReadRecord[] = []
  const ends = starts.map(({ offset }) => offset)
  await reader.add(starts)
  const deadline = Date.now() + 30_000
  while (wanted.some(({ offset, partition }) => (ends[partition] as number) < offset)) {
    if (Date.now() > deadline) {
      throw new Error(
        `the end of ${topic} is out of reach: ${ends.join()} of ${JSON.stringify(wanted)}`,
      )
    }
    for (const batch of await reader.poll(500)) {
      take(batch, records)
      ends[batch.partition] = batch.nextOffset
    }
  }
  await reader.close()
  return { records, ends }
}

function take(batch: RecordBatch, into: ReadRecord[]): void {
  for (let index = 0; index < batch.length; index++) {
    const value = batch.value(index)
    into.push({
      partition: batch.partition,
      offset: batch.offset(index),
      key: batch.key(index) ?? '',
      value: value === null ? undefined : Buffer.from(value),
    })
  }
}

/** The last value of each key, as a compacted topic keeps it. */
export function compacted(records: readonly ReadRecord[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const { key, value } of records) {
    if (value === undefined) values.delete(key)
    else values.set(key, value.toString('latin1'))
  }
  return values
}

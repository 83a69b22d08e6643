import { ProduceBatch, type RecordBatch, type TopicPartition } from '@goka/interface'

/** Partition, key and value. */
export type TestRecord = readonly [partition: number, key: string | null, value: string | null]

export function batchOf(
  topic: string,
  records: readonly TestRecord[],
  timestampMs: number = NaN,
): ProduceBatch {
  return addTo(new ProduceBatch(), topic, records, timestampMs)
}

export function addTo(
  batch: ProduceBatch,
  topic: string,
  records: readonly TestRecord[],
  timestampMs: number = NaN,
): ProduceBatch {
  const index = batch.topicIndex(topic)
  for (const [partition, key, value] of records) {
    const bytes = value === null ? null : Buffer.from(value)
    batch.add(index, partition, key, bytes, timestampMs, undefined)
  }
  return batch
}

/** The records of batches as `topic/partition@offset key=value`. */
export function linesOf(batches: readonly RecordBatch[]): readonly string[] {
  return batches.flatMap((batch) =>
    Array.from({ length: batch.length }, (_, index) => {
      const value = batch.value(index)
      const text = value === null ? 'null' : Buffer.from(value).toString()
      return `${batch.topic}/${batch.partition}@${batch.offset(index)} ${batch.key(index)}=${text}`
    }),
  )
}

export function names(partitions: readonly TopicPartition[]): readonly string[] {
  return partitions.map(({ topic, partition }) => `${topic}/${partition}`).sort()
}

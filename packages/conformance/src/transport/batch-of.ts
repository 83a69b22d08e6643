import { type Headers, ProduceBatch } from '@goka/interface'

/** A record to send. Texts are byte strings. */
export interface Outgoing {
  /** Default 0. */
  readonly partition?: number
  /** Default: none. */
  readonly key?: string | null
  /** `null` for a tombstone. */
  readonly value: string | Uint8Array | null
  /** Default: the moment of sending. */
  readonly timestampMs?: number
  readonly headers?: Headers
}

/** A batch of these records, or of records with these values in partition 0. */
export function batchOf(topic: string, records: Iterable<Outgoing | string>): ProduceBatch {
  const batch = new ProduceBatch()
  addTo(batch, topic, records)
  return batch
}

export function addTo(
  batch: ProduceBatch,
  topic: string,
  records: Iterable<Outgoing | string>,
): void {
  const index = batch.topicIndex(topic)
  for (const record of records) {
    const {
      partition = 0,
      key = null,
      value,
      timestampMs = Number.NaN,
      headers,
    } = typeof record === 'string' ? { value: record } : record
    const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value
    batch.add(index, partition, key, bytes, timestampMs, headers)
  }
}

/** The texts `prefix-0`, `prefix-1`, ... */
export function texts(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
}

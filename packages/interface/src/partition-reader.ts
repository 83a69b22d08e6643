import type { RecordBatch } from './record-batch.ts'
import type { TopicPartition, TopicPartitionOffset } from './topic-partition.ts'

export interface PartitionReaderOptions {
  /** Skip records of aborted transactions and stop before open ones. */
  readonly isolation: 'read_committed' | 'read_uncommitted'
}

/** Reads partitions by position, without a group: how tables are read. */
export interface PartitionReader {
  /**
   * Starts reading partitions at their offsets. One that is read already goes on at the new offset.
   * @throws GokaError `GOKA_TOPIC_UNKNOWN`
   */
  add(positions: readonly TopicPartitionOffset[]): Promise<void>
  /** Stops reading partitions, also those whose `add` is under way: `poll` returns nothing of them once this has resolved. */
  remove(partitions: readonly TopicPartition[]): Promise<void>
  /**
   * Waits for records, at most `timeoutMs`, and returns what is there: for each partition in order, none missing and none
   * twice. Whenever the end of a partition is reached, a batch (maybe an empty one) says so by `atEnd`; the first time
   * within a moment of `add`, on an empty partition too. One poll at a time. Returns `[]` after a close.
   * @throws GokaError `GOKA_TRANSPORT_OFFSET_RANGE` (naming the partition, which is removed then),
   *   `GOKA_TOPIC_UNKNOWN`, `GOKA_TRANSPORT_UNAUTHORIZED`
   */
  poll(timeoutMs: number): Promise<readonly RecordBatch[]>
  /** The end of a partition as the reader last saw it, without asking the broker; `undefined` before the first time. */
  endOffset(partition: TopicPartition): number | undefined
  /** Frees everything. A poll under way returns `[]`. */
  close(): Promise<void>
}

import type { RecordBatch } from './record-batch.ts'
import type { TopicPartition, TopicPartitionOffset } from './topic-partition.ts'

export interface GroupConsumerOptions {
  /** Kafka's `group.id`. */
  readonly group: string
  /** Which topics to read. They must exist. */
  readonly topics: readonly string[]
  /** Kafka's `group.instance.id`: a member that comes back under this id keeps its partitions. Default: none. */
  readonly instanceId?: string
  /** Skip records of aborted transactions and stop before open ones. */
  readonly isolation: 'read_committed' | 'read_uncommitted'
  readonly listener: RebalanceListener
}

/**
 * Called by the consumer, one call at a time, whenever the assignment changes: whether or not a `poll` is under way, as
 * long as polls keep coming. The consumer waits for each promise; one that is rejected fails the next `poll` with the same error.
 *
 * Partitions of the same number of all topics go to the same member (co-partitioned), as long as the topics have the
 * same number of partitions. Between two calls nothing changes. A partition that stays is in neither call where the
 * protocol is incremental; otherwise it is revoked and assigned again.
 */
export interface RebalanceListener {
  /**
   * These partitions are this member's now. The answer says where to start each. They are paused: `resume` starts them, from
   * the moment of this call on, also while it is being answered.
   */
  assigned(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]>
  /**
   * These partitions go to another member once the promise is settled; until then commits for them are good.
   * No batch that `poll` returns from the moment of this call on has records of them.
   */
  revoked(partitions: readonly TopicPartition[]): Promise<void>
  /**
   * These partitions went to another member already: a commit for them fails with `GOKA_TRANSPORT_FENCED`. What was not
   * committed has to be forgotten, also when the same partitions are assigned again at once.
   */
  lost(partitions: readonly TopicPartition[]): Promise<void>
}

/**
 * A member of a consumer group. It joins with the first `poll`. Offsets are committed by `commit` (or by a transaction)
 * and never by itself.
 */
export interface GroupConsumer {
  /**
   * Waits for records, at most `timeoutMs`, and returns what is there: for each partition in order, none missing and none
   * twice between a start (assignment, `resume` with an offset) and a pause or revoke. One poll at a time. Keep polling: a
   * member that does not for Kafka's `max.poll.interval.ms` loses its partitions. Returns `[]` after a close.
   * @throws GokaError faults that do not pass: `GOKA_TRANSPORT_FENCED`, `GOKA_TRANSPORT_UNAUTHORIZED`,
   *   `GOKA_TRANSPORT_OFFSET_RANGE` (naming the partition, which is paused then), `GOKA_TOPIC_UNKNOWN`
   */
  poll(timeoutMs: number): Promise<readonly RecordBatch[]>
  /** Starts or continues partitions: where they were, or at `offset` if given. Those not assigned are ignored. */
  resume(partitions: readonly (TopicPartition & { readonly offset?: number })[]): Promise<void>
  /** Holds partitions: `poll` returns nothing of them once this has resolved. What it has returned counts as read. */
  pause(partitions: readonly TopicPartition[]): Promise<void>
  /**
   * Commits positions; resolves when the broker has stored them.
   * @throws GokaError `GOKA_TRANSPORT_FENCED` when one of the partitions is no longer this member's: none is committed then;
   *   `GOKA_TRANSPORT_INDEFINITE`
   */
  commit(offsets: readonly TopicPartitionOffset[]): Promise<void>
  /** What the group has committed for these partitions; those without a commit are left out. */
  committed(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]>
  /** The end of a partition as the consumer last saw it, without asking the broker; `undefined` before the first time. */
  endOffset(partition: TopicPartition): number | undefined
  /**
   * Leaves the group and frees everything. Does not call the listener: commit before. A poll under way returns `[]`.
   */
  close(): Promise<void>
}

import type { TopicPartition, TopicPartitionOffset } from '@goka/interface'

/** What node-rdkafka does not bind of Kafka's admin protocol. Every function rejects with a `ClientFault`. */
export interface AdminExtension {
  topicConfig(topic: string, timeoutMs: number): Promise<Readonly<Record<string, string>>>
  /** Sets the named entries and leaves the others. */
  alterTopicConfig(
    topic: string,
    config: Readonly<Record<string, string>>,
    timeoutMs: number,
  ): Promise<void>
  /** What a group has committed; partitions without a commit are left out. */
  groupOffsets(group: string, timeoutMs: number): Promise<readonly TopicPartitionOffset[]>
  alterGroupOffsets(
    group: string,
    offsets: readonly TopicPartitionOffset[],
    timeoutMs: number,
  ): Promise<void>
  /**
   * The first offset that is kept, or the offset of the next record to be written; with `read_committed`, of the next whose
   * fate is known. One request for all partitions.
   */
  offsets(
    partitions: readonly TopicPartition[],
    which: 'earliest' | 'latest',
    isolation: 'read_committed' | 'read_uncommitted',
    timeoutMs: number,
  ): Promise<readonly TopicPartitionOffset[]>
  deleteRecords(offsets: readonly TopicPartitionOffset[], timeoutMs: number): Promise<void>
  /** The ids of the named topics, as far as the broker tells them. */
  topicIds(topics: readonly string[], timeoutMs: number): Promise<ReadonlyMap<string, string>>
  /** Takes no more calls; resolves when no native work touches the client any more. */
  stop(): Promise<void>
}

import type { TopicPartition, TopicPartitionOffset } from './topic-partition.ts'

/** Topics and offsets. A rejected call has changed nothing, or `GOKA_TRANSPORT_INDEFINITE` says that nobody knows. */
export interface Admin {
  /** The named topics that exist, by name. Asking creates nothing. */
  topics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>>
  /**
   * Creates a topic; resolves when a client can use it.
   * @throws GokaError `GOKA_TOPIC_EXISTS`
   */
  createTopic(topic: NewTopic): Promise<void>
  /** @throws GokaError `GOKA_TOPIC_UNKNOWN` */
  deleteTopic(topic: string): Promise<void>
  /**
   * Raises the number of partitions.
   * @throws GokaError `GOKA_TOPIC_UNKNOWN`, `GOKA_TRANSPORT_FAILED` when the number is not higher
   */
  createPartitions(topic: string, partitions: number): Promise<void>
  /**
   * The configuration in force, as Kafka names it: `cleanup.policy`, `retention.ms`, ...
   * @throws GokaError `GOKA_TOPIC_UNKNOWN`, `GOKA_TRANSPORT_UNSUPPORTED` without the capability
   */
  topicConfig(topic: string): Promise<Readonly<Record<string, string>>>
  /** Sets the named entries and leaves the others. */
  alterTopicConfig(topic: string, config: Readonly<Record<string, string>>): Promise<void>
  /**
   * The first offset that is kept (`'earliest'`), or the high watermark (`'latest'`): the offset of the next record to be
   * written, whatever transactions are open before it.
   * @throws GokaError `GOKA_TOPIC_UNKNOWN`
   */
  offsets(
    partitions: readonly TopicPartition[],
    which: 'earliest' | 'latest',
  ): Promise<readonly TopicPartitionOffset[]>
  /** What a group has committed; partitions without a commit are left out. */
  groupOffsets(group: string): Promise<readonly TopicPartitionOffset[]>
  /**
   * Sets what a group has committed.
   * @throws GokaError `GOKA_TRANSPORT_FAILED` when the group has members
   */
  alterGroupOffsets(group: string, offsets: readonly TopicPartitionOffset[]): Promise<void>
  /** Deletes the records before the offsets. */
  deleteRecords(offsets: readonly TopicPartitionOffset[]): Promise<void>
  close(): Promise<void>
}

/** A topic as it is. */
export interface TopicDescription {
  readonly topic: string
  readonly partitions: number
  /** Changes when a topic is deleted and made anew; `undefined` when the transport cannot tell. */
  readonly topicId: string | undefined
  /** Replicas of the partition that has fewest; left out when the transport cannot tell. */
  readonly replicationFactor?: number
}

/** A topic as it shall be. */
export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  /** Default: the broker's `default.replication.factor`. */
  readonly replicationFactor?: number
  /** Entries of the topic configuration, as Kafka names them. */
  readonly config?: Readonly<Record<string, string>>
}

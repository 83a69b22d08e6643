/** One partition of one topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/**
 * A position in a partition: the offset of the next record to read or, in a commit, the offset after the last record done.
 * Offsets are numbers; an adapter refuses what is not a safe integer (2^53 records a partition are out of reach).
 */
export interface TopicPartitionOffset extends TopicPartition {
  readonly offset: number
}

import type { TopicPartitionOffset } from '@goka/interface'

/** How a member commits, by the native short cut or by node-rdkafka. */
export interface OffsetCommitter {
  /** Rejects with a `ClientFault`. */
  commit(offsets: readonly TopicPartitionOffset[], limitMs: number): Promise<void>
  /** Asked inside a revoke: whether the partitions are lost; `undefined` when it cannot tell. */
  assignmentLost(): boolean | undefined
  stop(): Promise<void>
}

import type { TopicPartitionOffset } from '@goka/interface'

/** What node-rdkafka does not bind of a group member. */
export interface GroupExtension {
  /**
   * Commits as the member; resolves when the broker has stored all of them and rejects with a `ClientFault`: the fault of
   * the request, or of the first partition that has one. Needs no poll, and no room in a `RecordSource`, to be settled.
   */
  commit(offsets: readonly TopicPartitionOffset[]): Promise<void>
  /** Asked inside a revoke: whether the partitions went to another member already. */
  assignmentLost(): boolean
  /** Takes no more calls; resolves when no native work touches the client any more. */
  stop(): Promise<void>
}

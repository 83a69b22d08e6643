import type { TopicPartitionOffset } from '@goka/interface'
import type { Appender, PartitionLog } from './partition-log.ts'
import type { Segment } from './segment.ts'
import type { Topic } from './topic.ts'

/** Keeps what happens to a broker, in the order in which it happens. */
export interface Journal {
  /** A topic was made, or has more partitions or another configuration. */
  topic(topic: Topic): void
  topicDeleted(topic: Topic): void
  /** Records were appended: those of `segment` from `index` on. */
  records(log: PartitionLog, segment: Segment, index: number, appender: Appender): void
  /** The transaction of a producer ended in this partition. */
  marker(log: PartitionLog, producerId: number, commit: boolean): void
  /** The records before `log.start` are gone. */
  start(log: PartitionLog): void
  /** The fate of a transaction is settled, and with it these offsets of groups. */
  decision(
    producerId: number,
    commit: boolean,
    offsets: ReadonlyMap<string, readonly TopicPartitionOffset[]>,
  ): void
  offsets(group: string, offsets: readonly TopicPartitionOffset[]): void
  /** Calls back once all that was told so far is written. */
  written(callback: () => void): void
}

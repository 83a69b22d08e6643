import type { TopicPartitionOffset } from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import type { Connection } from './client/connection.ts'

/** One commit of a member's offsets to the transaction of a producer, under way. */
export interface OffsetSending {
  /** Resolves when the offsets are part of the transaction; rejects with a `ClientFault`. librdkafka's time-out does not bound it. */
  readonly returned: Promise<void>
  /** The event loop need not wait for it. The producer still must not be torn down. */
  leave(): void
}

/** Starts such a commit. */
export type SendOffsets = (
  producer: Connection<rdkafka.Producer>,
  consumer: Connection<rdkafka.KafkaConsumer>,
  offsets: readonly TopicPartitionOffset[],
  timeoutMs: number,
) => OffsetSending

import type { GokaError } from './errors.ts'
import type { GroupConsumer } from './group-consumer.ts'
import type { ProduceBatch } from './produce-batch.ts'
import type { TopicPartitionOffset } from './topic-partition.ts'

export interface ProducerOptions {
  /** How long the client may gather records before it sends them. Default 0. Kafka's `linger.ms`. */
  readonly lingerMs?: number
}

/**
 * Writes records. Per partition, records are written in the order of the `send` calls and, within one, of the batch; also
 * under retries. A batch is the producer's from `send` until the promise is settled.
 */
export interface Producer {
  /**
   * How many partitions a topic has, for partitioners. Cached; asks the broker at most every few minutes.
   * @throws GokaError `GOKA_TOPIC_UNKNOWN`, `GOKA_TRANSPORT_FAILED` (retriable) when no broker answers for as long as a
   *   delivery may take
   */
  partitions(topic: string): Promise<number>
  /**
   * Sends a batch; resolves when every record is acknowledged by all in-sync replicas. When more is waiting than the
   * client's buffers take, it waits.
   * @returns for each partition in the batch, the offset after its last record; a record whose offset nobody knows (see
   *   {@link SendReport}) does not count, and a partition with such records only is left out
   * @throws GokaError the first failure, once every record of the batch is settled (others may have been written):
   *   `GOKA_TRANSPORT_RECORD_TOO_LARGE`, `GOKA_TOPIC_UNKNOWN` (the partition, too), `GOKA_TRANSPORT_INDEFINITE` (timed out),
   *   `GOKA_TRANSPORT_FENCED`; `GOKA_TRANSPORT_FAILED` (retriable) when nothing is known of a topic and no broker has
   *   answered for as long as a delivery may take: then nothing was sent
   */
  send(batch: ProduceBatch): Promise<readonly TopicPartitionOffset[]>
  /** As `send`, with the fate of each record: for emitters, whose records belong to different callers. Does not reject for a record. */
  sendEach(batch: ProduceBatch): Promise<SendReport>
  /** Waits for what was sent, at most a bound of its own, and frees everything. */
  close(): Promise<void>
}

/** What became of each record of a batch. */
export interface SendReport {
  /**
   * By index: the offset. NaN when there is a failure; without one it means that the record is written, once, and that the
   * broker does not say where: the answer to its first try was lost, and to a repetition Kafka answers
   * `DUPLICATE_SEQUENCE_NUMBER` without an offset. So ask `failures` whether a record was written, never this.
   */
  readonly offsets: Float64Array
  /**
   * By index: why a record was not written, or perhaps not (`GOKA_TRANSPORT_INDEFINITE`). A record that is not in it is
   * acknowledged by all in-sync replicas.
   */
  readonly failures: ReadonlyMap<number, GokaError>
}

/**
 * A producer whose records become visible to `read_committed` readers with their transaction, together with consumed
 * offsets, or never. One transaction at a time: `begin`, any number of `send`, then `commit` or `abort`.
 * (KIP-98; offsets with group metadata: KIP-447.)
 *
 * Every function may reject with `GOKA_TRANSPORT_ABORTABLE` (then `abort`), `GOKA_TRANSPORT_FENCED` (another producer has
 * this `transactionalId`, or the group moved on: close) or `GOKA_TRANSPORT_INDEFINITE` (close and make a new one: it
 * ends the transaction one way or the other before it resolves; then ask for the committed offsets).
 */
export interface TransactionalProducer extends Producer {
  begin(): Promise<void>
  /**
   * Commits the transaction and with it these positions of `consumer`'s group. All sends must have resolved.
   * `offsets` may be empty. Fails with `GOKA_TRANSPORT_FENCED` when one of the partitions is no longer the consumer's.
   */
  commit(consumer: GroupConsumer, offsets: readonly TopicPartitionOffset[]): Promise<void>
  /** Takes the transaction back. Sends under way are settled. */
  abort(): Promise<void>
}

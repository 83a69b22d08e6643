import type { ProduceBatch, TopicPartitionOffset } from '@goka/interface'

/** Writes batches through one connected producer, strictly in the order of the calls. */
export interface RecordSink {
  /**
   * Resolves when every record is settled. Waits by itself when the client's queue is full. Never rejects.
   * The batch is the sink's until then.
   */
  send(batch: ProduceBatch): Promise<SinkResult>
  /** As `send`, with the fate of each record. Never rejects. */
  sendEach(batch: ProduceBatch): Promise<SinkReport>
  /**
   * Takes nothing more: later sends settle all their records with `ERR__DESTROY`, and so do those that wait for room in the
   * queue. Resolves when no native work touches a batch or the client any more; records that the client has are settled
   * by its flush or purge.
   */
  stop(): Promise<void>
}

export interface SinkResult {
  /** For each partition with a record written: the offset after its last one. */
  readonly ends: readonly TopicPartitionOffset[]
  /** The first record, by index, that failed. */
  readonly failure: SinkFailure | undefined
}

interface SinkFailure {
  readonly index: number
  /** librdkafka's code. */
  readonly code: number
}

export interface SinkReport {
  /** By index: the offset, or NaN when the record was not written. */
  readonly offsets: Float64Array
  /** By index: 0, or librdkafka's code of the failure. */
  readonly codes: Int32Array
}

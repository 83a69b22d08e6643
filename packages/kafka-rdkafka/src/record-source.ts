import type { RecordBatch, TopicPartition } from '@goka/interface'
import type { SourceFault } from './client-fault.ts'

/** The records of one connected consumer. It alone pops from the client, and so also drives its rebalance callbacks. */
export interface RecordSource {
  /**
   * Waits for records, at most `timeoutMs`, and returns what is there, in the order of the client: per partition rising
   * offsets, and an (empty) batch with `atEnd` where the client tells the end of a partition. One poll at a time.
   * Never rejects: faults go to `onFault`, before the poll that follows them in order resolves. Resolves with `[]` at once
   * when `stop` is called.
   */
  poll(timeoutMs: number): Promise<readonly RecordBatch[]>
  /**
   * Forgets what was popped of these partitions and not returned yet. They are paused or not assigned, so nothing of them
   * is being popped; once this has resolved, what a poll returns of them was popped afterwards. Works while a poll is under
   * way and when none is.
   */
  discard(partitions: readonly TopicPartition[]): Promise<void>
  /** Ends popping for good: nothing pops after this has resolved. May be called again. */
  stop(): Promise<void>
}

export interface RecordSourceOptions {
  /** Records that one poll returns at most. */
  readonly maxRecords: number
  /** Bytes after which a batch is closed; a larger record makes a batch of its own. */
  readonly maxBytes: number
  /** Whether batches number their keys, where the source can. */
  readonly numberKeys: boolean
  readonly onFault: (fault: SourceFault) => void
}

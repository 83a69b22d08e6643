import { GokaError, type Logger, type RecordBatch } from '@goka/interface'
import { decodeKey } from '../key.ts'
import type { Partitioner } from '../partitioner.ts'

/**
 * Compares the partition that a record came from with the one that its key belongs to. When they differ, the producer
 * uses another partitioner, and joins, views and other groups would look for the key elsewhere.
 */
export class PartitionCheck {
  readonly #mode: 'fail' | 'warn' | 'off'
  readonly #partitioner: Partitioner
  readonly #log: Logger
  readonly #warned = new Set<string>()

  constructor(mode: 'fail' | 'warn' | 'off', partitioner: Partitioner, log: Logger) {
    this.#mode = mode
    this.#partitioner = partitioner
    this.#log = log
  }

  /** The error to end with; `undefined` when all is well or it was only worth a warning. */
  check(batch: RecordBatch, partitions: number): GokaError | undefined {
    if (this.#mode === 'off') return undefined
    const count = this.#mode === 'fail' ? batch.length : Math.min(batch.length, 1)
    for (let index = 0; index < count; index++) {
      const key = batch.key(index)
      if (key === null) continue
      const expected = this.#partitioner.partition(key, partitions)
      if (expected === batch.partition) continue
      const error = mismatch(batch, index, decodeKey(key), expected, this.#partitioner.name)
      if (this.#mode === 'fail') return error
      if (this.#warned.has(batch.topic)) return undefined
      this.#warned.add(batch.topic)
      this.#log.warn({ err: error, ...error.details }, error.message)
      return undefined
    }
    return undefined
  }
}

function mismatch(
  batch: RecordBatch,
  index: number,
  key: string,
  expectedPartition: number,
  partitioner: string,
): GokaError<'GOKA_PROCESSOR_PARTITIONER'> {
  const { topic, partition } = batch
  const offset = batch.offset(index)
  return new GokaError(
    'GOKA_PROCESSOR_PARTITIONER',
    `the record at ${topic}/${partition} offset ${offset} belongs to partition ${expectedPartition} by the ` +
      `partitioner "${partitioner}": its producer uses another one, select the same for both`,
    { topic, partition, offset, key, expectedPartition },
  )
}

import type { GokaError } from '@goka/interface'
import { failed, recordTooLarge } from './failures.ts'
import { type Parcel, recordByteLength } from './parcels.ts'
import type { Appender } from './partition-log.ts'
import { type PackedRecords, ROW_INTS } from './segment.ts'
import type { Topics } from './topics.ts'

/** What a record batch of Kafka (version 2) with a single record adds to its key, value and headers, about. */
const RECORD_OVERHEAD = 70

/** What became of a parcel. */
export interface Intake {
  /** The records that were written, as indices in the batch, at consecutive offsets. */
  readonly order: Int32Array
  /** The offset of the first of them. */
  readonly offset: number
  /** Why others were not, by index in the batch. */
  readonly refused: ReadonlyMap<number, GokaError>
}

/**
 * Writes a parcel to its log, except for records that the topic does not take.
 * @throws GokaError `GOKA_TOPIC_UNKNOWN`
 */
export function takeIn(
  topics: Topics,
  parcel: Parcel,
  nowMs: number,
  appender: Appender,
  sequence: number,
): Intake {
  const log = topics.log(parcel)
  const { config } = topics.get(parcel.topic)
  const limit = config.maxMessageBytes - RECORD_OVERHEAD
  const isKeyMissing = config.isCompacted && !parcel.isKeyed
  const records = config.isLogAppendTime ? withoutTimestamps(parcel.records) : parcel.records
  let { order, byteLength } = parcel
  let refused = NONE_REFUSED
  if (parcel.largest > limit || isKeyMissing) {
    refused = refusals(parcel, config.maxMessageBytes, config.isCompacted)
    order = order.filter((index) => !refused.has(index))
    byteLength = order.reduce((sum, index) => sum + recordByteLength(parcel.records, index), 0)
    if (order.length === 0) return { order, offset: NaN, refused }
  }
  const offset = log.append(records, order, byteLength, nowMs, appender, sequence)
  return { order, offset, refused }
}

function refusals(
  { topic, partition, records, order }: Parcel,
  maxMessageBytes: number,
  isCompacted: boolean,
): ReadonlyMap<number, GokaError> {
  const refused = new Map<number, GokaError>()
  for (const index of order) {
    const bytes = recordByteLength(records, index) + RECORD_OVERHEAD
    if (bytes > maxMessageBytes) {
      refused.set(index, recordTooLarge(topic, partition, bytes, maxMessageBytes))
    } else if (isCompacted && (records.ints[index * ROW_INTS + 5] as number) < 0) {
      const message = `a record for ${topic}/${partition} has no key, which a compacted topic does not take`
      refused.set(index, failed('produce', 'INVALID_RECORD', message))
    }
  }
  return refused
}

function withoutTimestamps(records: PackedRecords): PackedRecords {
  return { ...records, doubles: new Float64Array(records.doubles.length).fill(NaN) }
}

const NONE_REFUSED: ReadonlyMap<number, GokaError> = new Map()

import { RecordBatch, type TopicPartition } from '@goka/interface'
import type { OffsetRuns } from './offset-runs.ts'
import { ROW_BYTES, ROW_INTS, type Segment } from './segment.ts'

/** What a read found. */
export interface LogRead {
  readonly batch: RecordBatch
  /** Bytes of keys, values and headers. */
  readonly byteLength: number
}

/**
 * Reads the segments of a partition from `offset` to before `limit`, without the `aborted` records, up to about `maxBytes`,
 * but at least one record if there is one.
 */
export function readLog(
  log: TopicPartition & { readonly segments: readonly Segment[] },
  aborted: OffsetRuns,
  offset: number,
  limit: number,
  maxBytes: number,
): LogRead {
  const { segments } = log
  const runs: Run[] = []
  let records = 0
  let byteLength = 0
  let next = offset
  let isFull = false
  for (let at = segmentAt(segments, offset); at < segments.length && !isFull; at++) {
    const segment = segments[at] as Segment
    const last = segment.indexOf(limit)
    let from = segment.indexOf(next)
    while (from < last && !isFull) {
      const first = segment.offset(from)
      const hole = aborted.next(first)
      if (hole !== undefined && hole.start <= first) {
        from = segment.indexOf(hole.end)
      } else if (records > 0 && byteLength >= maxBytes) {
        isFull = true
      } else {
        const end = hole === undefined ? last : Math.min(last, segment.indexOf(hole.start))
        const to = segment.indexWithin(from, end, maxBytes - byteLength)
        runs.push({ segment, from, to })
        records += to - from
        byteLength += segment.start(to) - segment.start(from)
        next = segment.offset(to - 1) + 1
        isFull = to < end
        from = to
      }
    }
  }
  const nextOffset = isFull ? next : Math.max(offset, limit)
  return { batch: batchOf(log, runs, records, byteLength, nextOffset, !isFull), byteLength }
}

/** Records of one segment that are next to each other in a batch. */
interface Run {
  readonly segment: Segment
  readonly from: number
  readonly to: number
}

/** The index of the first segment with a record at or after `offset`. */
function segmentAt(segments: readonly Segment[], offset: number): number {
  let low = 0
  let high = segments.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const segment = segments[middle] as Segment
    if (segment.offset(segment.length - 1) < offset) low = middle + 1
    else high = middle
  }
  return low
}

/** A batch with memory of its own: what its reader does to it harms nobody. */
function batchOf(
  { topic, partition }: TopicPartition,
  runs: readonly Run[],
  records: number,
  byteLength: number,
  nextOffset: number,
  atEnd: boolean,
): RecordBatch {
  const buffer = new ArrayBuffer(records * ROW_BYTES + byteLength)
  const target = { ints: new Int32Array(buffer, 0, records * ROW_INTS), bytes: Buffer.from(buffer) }
  let row = 0
  let at = records * ROW_BYTES
  for (const { segment, from, to } of runs) {
    at = segment.copy(from, to, target, row, at)
    row += to - from
  }
  return new RecordBatch(topic, partition, buffer, 0, records, nextOffset, atEnd)
}

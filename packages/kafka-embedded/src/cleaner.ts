import type { PartitionLog } from './partition-log.ts'
import { Segment } from './segment.ts'
import type { TopicConfig } from './topic-config.ts'

/** Segments that compaction writes are about as large as those of a log. */
const SEGMENT_BYTES = 1_048_576

/**
 * Compacts a log up to its last stable offset, as Kafka's log cleaner does: of each key the last record stays, with its
 * offset; records of aborted transactions and records without a key go; a tombstone goes when it is older than
 * `delete.retention.ms` (by its own timestamp, where Kafka counts from the first cleaning).
 */
export function compact(log: PartitionLog, config: TopicConfig, nowMs: number): void {
  const limit = log.stableEnd
  const last = new Map<string, number>()
  for (const segment of log.segments) {
    for (let index = 0; index < segment.length; index++) {
      const offset = segment.offset(index)
      const key = segment.key(index)
      if (offset < limit && key !== null && !log.isAborted(offset)) last.set(key, offset)
    }
  }
  const isKept = (segment: Segment, index: number): boolean => {
    const offset = segment.offset(index)
    if (offset >= limit) return true
    const key = segment.key(index)
    if (offset < log.start || key === null || last.get(key) !== offset) return false
    return (
      !segment.isTombstone(index) || segment.timestamp(index) + config.deleteRetentionMs >= nowMs
    )
  }
  filter(log, isKept)
}

/** Drops the records of aborted transactions. */
export function dropAborted(log: PartitionLog): void {
  if (log.hasAborted) filter(log, (segment, index) => !log.isAborted(segment.offset(index)))
}

/** Drops the records that a topic keeps no longer by `retention.ms` and `retention.bytes`, oldest first. */
export function applyRetention(log: PartitionLog, config: TopicConfig, nowMs: number): void {
  const oldestMs = nowMs - config.retentionMs
  let excess = log.byteLength - config.retentionBytes
  let start = log.start
  for (const segment of log.segments) {
    for (let index = segment.indexOf(log.start); index < segment.length; index++) {
      if (segment.timestamp(index) >= oldestMs && excess <= 0) {
        log.deleteBefore(start)
        return
      }
      start = Math.min(segment.offset(index) + 1, log.stableEnd)
      excess -= segment.start(index + 1) - segment.start(index)
    }
  }
  log.deleteBefore(start)
}

function filter(log: PartitionLog, isKept: (segment: Segment, index: number) => boolean): void {
  const kept: Segment[] = []
  for (const segment of log.segments) {
    let from = 0
    while (from < segment.length) {
      let to = from
      while (to < segment.length && isKept(segment, to)) to++
      if (to > from) keep(kept, segment, from, to)
      from = to + 1
    }
  }
  log.replace(kept)
}

function keep(kept: Segment[], segment: Segment, from: number, to: number): void {
  const byteLength = segment.start(to) - segment.start(from)
  let last = kept.at(-1)
  if (last === undefined || last.byteLength + byteLength > SEGMENT_BYTES) {
    last = new Segment(to - from, byteLength)
    kept.push(last)
  }
  last.reserve(to - from, byteLength)
  last.appendRun(segment, from, to)
}

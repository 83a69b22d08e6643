import type { ProduceBatch } from '@goka/interface'
import { type PackedRecords, ROW_INTS } from './segment.ts'

/** The records of a batch that go to one partition. */
export interface Parcel {
  readonly topic: string
  readonly partition: number
  readonly records: PackedRecords
  /** Their indices in the batch, in order. */
  readonly order: Int32Array
  /** Bytes of all keys, values and headers. */
  readonly byteLength: number
  /** Bytes of the largest record. */
  readonly largest: number
  /** Whether every record has a key. */
  readonly isKeyed: boolean
}

/** Bytes of key, value and headers of a record. */
export function recordByteLength({ ints }: PackedRecords, index: number): number {
  const row = index * ROW_INTS
  const key = ints[row + 5] as number
  const value = ints[row + 7] as number
  return (key > 0 ? key : 0) + (value > 0 ? value : 0) + (ints[row + 9] as number)
}

/** Sorts a batch by partition, in the order in which the partitions appear. */
export function parcels(batch: ProduceBatch): readonly Parcel[] {
  const { length, rows, topics, bytes } = batch
  const records: PackedRecords = {
    ints: new Int32Array(rows),
    doubles: new Float64Array(rows),
    bytes,
  }
  const { ints } = records
  const ids = new Int32Array(length)
  const tallies: Tally[] = []
  const byPartition = new Map<number, number>()
  let tally = newTally(-1, -1)
  let id = -1
  for (let index = 0; index < length; index++) {
    const topic = ints[index * ROW_INTS + 2] as number
    const partition = ints[index * ROW_INTS + 3] as number
    if (tally.topic !== topic || tally.partition !== partition) {
      // No two pairs share a number: partitions have 32 bits.
      const key = topic * 2 ** 32 + partition
      id = byPartition.get(key) ?? tallies.length
      tally = tallies[id] ?? newTally(topic, partition)
      if (id === tallies.length) {
        byPartition.set(key, id)
        tallies.push(tally)
      }
    }
    const size = recordByteLength(records, index)
    ids[index] = id
    tally.length++
    tally.byteLength += size
    if (size > tally.largest) tally.largest = size
    if ((ints[index * ROW_INTS + 5] as number) < 0) tally.isKeyed = false
  }
  const order = new Int32Array(length)
  let start = 0
  for (const each of tallies) {
    each.end = start
    start += each.length
  }
  for (let index = 0; index < length; index++) {
    order[(tallies[ids[index] as number] as Tally).end++] = index
  }
  return tallies.map(({ topic, partition, length: count, byteLength, largest, isKeyed, end }) => ({
    topic: topics[topic] as string,
    partition,
    records,
    order: order.subarray(end - count, end),
    byteLength,
    largest,
    isKeyed,
  }))
}

interface Tally {
  readonly topic: number
  readonly partition: number
  length: number
  byteLength: number
  largest: number
  isKeyed: boolean
  /** While the order is made: where the next index goes. */
  end: number
}

function newTally(topic: number, partition: number): Tally {
  return { topic, partition, length: 0, byteLength: 0, largest: 0, isKeyed: true, end: 0 }
}

import { fnv1a } from '@goka/core'
import { ProduceBatch } from '@goka/interface'
import type { Cluster } from './cluster.ts'
import { keyName, keyOfRecord } from './keys.ts'

/** What is written to a topic: the key and the value of each record. */
export interface Content {
  readonly records: number
  readonly key: (record: number) => number
  readonly value: (record: number) => Uint8Array
}

const batchRecords = 10_000
const batchesUnderWay = 8

/** Writes records, each to the partition that its key belongs to: FNV-1a, named explicitly. */
export async function fill(
  cluster: Cluster,
  topic: string,
  partitions: number,
  content: Content,
): Promise<void> {
  const producer = await cluster.producer()
  try {
    const underWay: Promise<unknown>[] = []
    for (let record = 0; record < content.records; ) {
      const batch = new ProduceBatch()
      const index = batch.topicIndex(topic)
      for (let some = 0; some < batchRecords && record < content.records; some++, record++) {
        const key = keyName(content.key(record))
        const partition = fnv1a.partition(key, partitions)
        batch.add(index, partition, key, content.value(record), Number.NaN, undefined)
      }
      underWay.push(producer.send(batch))
      if (underWay.length > batchesUnderWay) await underWay.shift()
    }
    await Promise.all(underWay)
  } finally {
    await producer.close()
  }
}

/** Records of 100 bytes, key and value together, over `keys` keys in pseudo-random order. */
export function records100(records: number, keys: number): Content {
  return {
    records,
    key: (record) => keyOfRecord(record, keys),
    value: (record) => payload(record, 100 - keyName(keyOfRecord(record, keys)).length),
  }
}

/** Text that looks random and is the same in every run; hexadecimal digits, which compress to little more than half. */
export const pool: Buffer = ((): Buffer => {
  const digits = Buffer.from('0123456789abcdef', 'latin1')
  const text = Buffer.alloc(1 << 22)
  for (let at = 0; at < text.length; at++) text[at] = digits[keyOfRecord(at, 16)] as number
  return text
})()

function payload(record: number, length: number): Uint8Array {
  const start = keyOfRecord(record, pool.length - length)
  return pool.subarray(start, start + length)
}

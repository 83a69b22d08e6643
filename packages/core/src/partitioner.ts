import type { ByteString } from '@goka/interface'

/** Which of `partitions` partitions a key belongs to. The same for all who write or read a topic. */
export interface Partitioner {
  /** Names it in errors. */
  readonly name: string
  /** From 0 to `partitions - 1`, by the bytes of the key. */
  readonly partition: (key: ByteString, partitions: number) => number
}

/**
 * Goka's default: FNV-1a over the bytes of the key, as a signed number, modulo, without the sign. The same as Sarama's
 * hash partitioner and librdkafka's `fnv1a`.
 */
export const fnv1a: Partitioner = Object.freeze({
  name: 'fnv1a',
  partition(key: ByteString, partitions: number): number {
    let hash = 0x811c9dc5 | 0
    for (let index = 0; index < key.length; index++) {
      hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
    }
    return Math.abs(hash % partitions)
  },
})

/** The default of Kafka's Java clients and of Kafka Streams: murmur2 over the bytes of the key, its sign bit cleared. */
export const murmur2: Partitioner = Object.freeze({
  name: 'murmur2',
  partition(key: ByteString, partitions: number): number {
    return (murmur2Hash(key) & 0x7fffffff) % partitions
  },
})

const M = 0x5bd1e995
const SEED = 0x9747b28c

// Austin Appleby's MurmurHash2, 32 bits, as org.apache.kafka.common.utils.Utils.murmur2 computes it.
function murmur2Hash(key: ByteString): number {
  const { length } = key
  let hash = SEED ^ length
  let at = 0
  for (; at + 4 <= length; at += 4) {
    let word =
      key.charCodeAt(at) |
      (key.charCodeAt(at + 1) << 8) |
      (key.charCodeAt(at + 2) << 16) |
      (key.charCodeAt(at + 3) << 24)
    word = Math.imul(word, M)
    word = Math.imul(word ^ (word >>> 24), M)
    hash = Math.imul(hash, M) ^ word
  }
  const rest = length - at
  if (rest === 3) hash ^= key.charCodeAt(at + 2) << 16
  if (rest >= 2) hash ^= key.charCodeAt(at + 1) << 8
  if (rest >= 1) hash = Math.imul(hash ^ key.charCodeAt(at), M)
  hash = Math.imul(hash ^ (hash >>> 13), M)
  return hash ^ (hash >>> 15)
}

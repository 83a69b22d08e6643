import { describe, expect, it } from '@jest/globals'
import { encodeKey } from '../src/key.ts'
import { fnv1a, murmur2 } from '../src/partitioner.ts'

const COUNTS = [1, 2, 3, 8, 10, 16, 20, 50]

// Made by Goka v1.1.14 with sarama's hash partitioner.
const FNV1A: readonly (readonly [key: string, partitions: readonly number[]])[] = [
  ['', [0, 1, 0, 3, 5, 11, 15, 35]],
  ['a', [0, 0, 0, 4, 6, 4, 16, 26]],
  ['key', [0, 0, 1, 4, 8, 12, 8, 28]],
  ['key1', [0, 1, 2, 7, 3, 7, 3, 33]],
  ['key2', [0, 0, 1, 2, 2, 10, 2, 2]],
  ['some-key', [0, 1, 1, 3, 7, 3, 7, 47]],
  ['user-0', [0, 1, 1, 1, 7, 9, 17, 27]],
  ['user-1', [0, 0, 0, 4, 6, 12, 16, 46]],
  ['user-42', [0, 1, 0, 3, 9, 11, 19, 49]],
  ['Alice', [0, 1, 2, 7, 3, 7, 3, 43]],
  ['Bob', [0, 0, 0, 4, 6, 12, 16, 46]],
  ['0', [0, 1, 0, 7, 3, 15, 3, 13]],
  ['02', [0, 1, 1, 7, 3, 7, 3, 33]],
  ['hello world', [0, 1, 1, 1, 9, 9, 9, 39]],
  ['ключ', [0, 1, 2, 7, 3, 15, 3, 33]],
  ['日本語', [0, 1, 1, 1, 5, 9, 5, 45]],
  ['emoji-😀', [0, 1, 2, 5, 3, 13, 13, 23]],
  // Its hash is the least of all numbers of 32 bits, which has no absolute value in 32 bits.
  ['user-409174-bd1', [0, 0, 2, 0, 8, 0, 8, 48]],
]

describe('fnv1a', () => {
  it.each(FNV1A)('puts %j where Goka puts it', (key, expected) => {
    expect(COUNTS.map((count) => fnv1a.partition(encodeKey(key), count))).toEqual(expected)
  })

  it('puts the key with the least hash into a partition that exists, for any number of them', () => {
    for (let count = 1; count <= 100; count++) {
      const partition = fnv1a.partition('user-409174-bd1', count)
      expect(partition).toBeGreaterThanOrEqual(0)
      expect(partition).toBeLessThan(count)
    }
    // What Goka's producer does; its views fail at -2.
    expect(fnv1a.partition('user-409174-bd1', 7)).toBe(2)
  })
})

// From UtilsTest.testMurmur2 of Apache Kafka.
const MURMUR2: readonly (readonly [key: string, hash: number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
]

describe('murmur2', () => {
  it.each(MURMUR2)("has Kafka's hash of %j", (key, hash) => {
    expect(murmur2.partition(key, 2 ** 31)).toBe(hash & 0x7fffffff)
  })

  it.each(MURMUR2)('clears the sign of the hash of %j, as Java clients do', (key, hash) => {
    for (const count of COUNTS) {
      expect(murmur2.partition(key, count)).toBe((hash & 0x7fffffff) % count)
    }
  })
})

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { headersByteLength, ProduceBatch, readHeaders } from '../src/index.ts'
import { hex, type Outgoing, outgoing, plain } from './outgoing.ts'

function add(batch: ProduceBatch, record: Outgoing): void {
  const { topic, partition, key, value, timestampMs, headers } = record
  batch.add(batch.topicIndex(topic), partition, key, value, timestampMs, headers)
}

function batchOf(records: readonly Outgoing[]): ProduceBatch {
  const batch = new ProduceBatch()
  for (const record of records) add(batch, record)
  return batch
}

/** Everything that a batch says, in a form that compares. */
function contents(batch: ProduceBatch): unknown[] {
  return Array.from({ length: batch.length }, (_, index) => ({
    topic: batch.topic(index),
    partition: batch.partition(index),
    timestampMs: batch.timestamp(index),
    key: hex(batch.key(index)),
    value: hex(batch.value(index)),
    headers: plain(batch.headers(index)),
  }))
}

function expected(records: readonly Outgoing[]): unknown[] {
  return records.map(({ key, value, headers, ...record }) => ({
    ...record,
    key: key === null ? null : Buffer.from(key, 'latin1').toString('hex'),
    value: hex(value),
    headers: plain(headers ?? []),
  }))
}

function byteLength({ key, value, headers }: Outgoing): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + headersByteLength(headers ?? [])
}

const empty: Outgoing = {
  topic: 'a',
  partition: 0,
  key: '',
  value: new Uint8Array(0),
  timestampMs: 0,
  headers: [],
}

describe('ProduceBatch', () => {
  it('is empty at first', () => {
    const batch = new ProduceBatch()
    expect([batch.length, batch.byteLength, batch.topics]).toEqual([0, 0, []])
  })

  it('gives back what was added, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(outgoing, { maxLength: 200 }), (records) => {
        const batch = batchOf(records)
        expect(contents(batch)).toEqual(expected(records))
        expect(batch.byteLength).toBe(records.reduce((sum, record) => sum + byteLength(record), 0))
      }),
    )
  })

  it('writes text as UTF-8', () => {
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 3_000 }), { maxLength: 20 })
    fc.assert(
      fc.property(texts, (values) => {
        const batch = new ProduceBatch()
        const index = batch.topicIndex('a')
        const headers = [{ name: 'n', value: Buffer.from('v') }]
        for (const value of values) batch.add(index, 0, 'key', value, 0, headers)
        const records = values.map((value) => ({
          ...empty,
          key: 'key',
          value: Buffer.from(value, 'utf8'),
          headers,
        }))
        expect(contents(batch)).toEqual(expected(records))
        expect(batch.byteLength).toBe(records.reduce((sum, record) => sum + byteLength(record), 0))
      }),
    )
  })

  it('tells an empty key and value from absent ones', () => {
    const absent = { ...empty, key: null, value: null, headers: undefined }
    const batch = batchOf([empty, absent, empty])
    expect([0, 1, 2].map((index) => hex(batch.key(index)))).toEqual(['', null, ''])
    expect([0, 1, 2].map((index) => hex(batch.value(index)))).toEqual(['', null, ''])
    expect(batch.byteLength).toBe(0)
  })

  it('grows with the number of records and with their bytes', () => {
    const records = Array.from({ length: 1000 }, (_, index) => ({
      ...empty,
      key: `key-${index}`,
      value: new Uint8Array(index).fill(index),
    }))
    expect(contents(batchOf(records))).toEqual(expected(records))
  })

  it('takes a first record that is larger than its memory', () => {
    const records = [{ ...empty, value: new Uint8Array(100_000).fill(7) }, empty]
    expect(contents(batchOf(records))).toEqual(expected(records))
  })

  it('has the room that was asked for, and keeps what it holds', () => {
    const records = Array.from({ length: 301 }, () => ({ ...empty, value: new Uint8Array(99) }))
    const batch = batchOf(records.slice(0, 1))
    batch.reserve(300, 300 * 99)
    const { rows, bytes } = batch
    for (const record of records.slice(1)) add(batch, record)
    expect(batch.rows).toBe(rows)
    expect(batch.bytes).toBe(bytes)
    expect(contents(batch)).toEqual(expected(records))
  })

  it('copies what it is given', () => {
    const value = new Uint8Array([1, 2, 3])
    const header = new Uint8Array([4])
    const batch = batchOf([{ ...empty, value, headers: [{ name: 'h', value: header }] }])
    value.fill(0)
    header.fill(0)
    expect(hex(batch.value(0))).toBe('010203')
    expect(plain(batch.headers(0))).toEqual([['h', '04']])
  })

  it('counts each topic once', () => {
    const batch = batchOf(['a', 'b', 'a', 'c', 'b'].map((topic) => ({ ...empty, topic })))
    expect(batch.topics).toEqual(['a', 'b', 'c'])
    expect([batch.topicIndex('c'), batch.topicIndex('d')]).toEqual([2, 3])
  })

  it('is as new after a clear', () => {
    fc.assert(
      fc.property(fc.array(outgoing), fc.array(outgoing), (first, second) => {
        const batch = batchOf(first)
        batch.clear()
        expect([batch.length, batch.byteLength, batch.topics]).toEqual([0, 0, []])
        for (const record of second) add(batch, record)
        expect(contents(batch)).toEqual(expected(second))
      }),
    )
  })

  it('takes over the records of another batch from an index on', () => {
    const from = fc.nat({ max: 20 })
    fc.assert(
      fc.property(fc.array(outgoing), fc.array(outgoing), from, (own, other, index) => {
        const batch = batchOf(own)
        batch.append(batchOf(other), index)
        expect(contents(batch)).toEqual(expected([...own, ...other.slice(index)]))
        const bytes = [...own, ...other.slice(index)].reduce(
          (sum, each) => sum + byteLength(each),
          0,
        )
        expect(batch.byteLength).toBe(bytes)
      }),
    )
  })

  it('takes records back, and others in their place', () => {
    const length = fc.nat({ max: 20 })
    fc.assert(
      fc.property(fc.array(outgoing), length, fc.array(outgoing), (records, kept, later) => {
        const batch = batchOf(records)
        batch.truncate(kept)
        const rest = records.slice(0, kept)
        expect(contents(batch)).toEqual(expected(rest))
        expect(batch.byteLength).toBe(rest.reduce((sum, record) => sum + byteLength(record), 0))
        for (const record of later) add(batch, record)
        expect(contents(batch)).toEqual(expected([...rest, ...later]))
      }),
    )
  })

  it('has the layout that native code reads', () => {
    const batch = new ProduceBatch()
    batch.topicIndex('other')
    const headers = [{ name: 'h', value: new Uint8Array([9]) }]
    batch.add(batch.topicIndex('t'), 3, 'kk', new Uint8Array([1, 2, 3]), 1234.5, headers)
    batch.add(batch.topicIndex('other'), 4, null, null, Number.NaN, undefined)
    const doubles = new Float64Array(batch.rows)
    const ints = new Int32Array(batch.rows)
    expect([doubles[0], doubles[5]]).toEqual([1234.5, Number.NaN])
    expect([...ints.subarray(2, 10)]).toEqual([1, 3, 0, 2, 2, 3, 5, 10])
    expect([...ints.subarray(12, 20)]).toEqual([0, 4, 15, -1, 15, -1, 15, 0])
    const bytes = Buffer.from(batch.bytes.subarray(0, batch.byteLength))
    expect(bytes.toString('latin1', 0, 2)).toBe('kk')
    expect(plain(readHeaders(bytes, 5, 15))).toEqual([['h', '09']])
  })
})

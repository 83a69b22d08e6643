import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { headersByteLength, RecordBatch, RecordBatchBuilder } from '../src/index.ts'
import { hex, type Outgoing, outgoing, plain } from './outgoing.ts'

interface Incoming extends Outgoing {
  readonly offset: number
}

/** Records with offsets that rise, with gaps. */
const incoming: fc.Arbitrary<Incoming[]> = fc
  .tuple(fc.nat(), fc.array(fc.tuple(outgoing, fc.integer({ min: 1, max: 5 })), { maxLength: 50 }))
  .map(([first, records]) => {
    let offset = first
    return records.map(([record, step]) => {
      offset += step
      return { ...record, offset }
    })
  })

function build(builder: RecordBatchBuilder, records: readonly Incoming[]): RecordBatch {
  for (const { offset, timestampMs, key, value, headers } of records) {
    const bytes = key === null ? null : Buffer.from(key, 'latin1')
    builder.add(offset, timestampMs, bytes, value, headers ?? [])
  }
  return builder.build((records.at(-1)?.offset ?? -1) + 1, true)
}

function byteLength({ key, value, headers }: Outgoing): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + headersByteLength(headers ?? [])
}

/** Everything that a batch says of its records, in a form that compares. */
function contents(batch: RecordBatch): unknown[] {
  return Array.from({ length: batch.length }, (_, index) => ({
    offset: batch.offset(index),
    timestampMs: batch.timestamp(index),
    key: batch.key(index),
    value: hex(batch.value(index)),
    headers: plain(batch.headers(index)),
    byteLength: batch.byteLength(index),
  }))
}

function expected(records: readonly Incoming[]): unknown[] {
  return records.map((record) => ({
    offset: record.offset,
    timestampMs: record.timestampMs,
    key: record.key,
    value: hex(record.value),
    headers: plain(record.headers ?? []),
    byteLength: byteLength(record),
  }))
}

const empty: Incoming = {
  topic: 't',
  partition: 0,
  offset: 0,
  key: '',
  value: new Uint8Array(0),
  timestampMs: -1,
  headers: [],
}

describe('RecordBatchBuilder', () => {
  it('builds a batch of what was added, whatever it is', () => {
    fc.assert(
      fc.property(incoming, (records) => {
        const batch = build(new RecordBatchBuilder('t', 7), records)
        expect([batch.topic, batch.partition, batch.length]).toEqual(['t', 7, records.length])
        expect(contents(batch)).toEqual(expected(records))
      }),
    )
  })

  it('counts records and bytes, and is empty after a build', () => {
    fc.assert(
      fc.property(incoming, incoming, (first, second) => {
        const builder = new RecordBatchBuilder('t', 0)
        for (const records of [first, second]) {
          expect([builder.length, builder.byteLength]).toEqual([0, 0])
          for (const record of records) {
            const bytes = record.key === null ? null : Buffer.from(record.key, 'latin1')
            builder.add(record.offset, 0, bytes, record.value, record.headers ?? [])
          }
          expect(builder.length).toBe(records.length)
          expect(builder.byteLength).toBe(records.reduce((sum, each) => sum + byteLength(each), 0))
          builder.build(0, false)
        }
        expect(contents(build(builder, second))).toEqual(expected(second))
      }),
    )
  })

  it('builds a batch without records, which tells a position and an end', () => {
    const batch = new RecordBatchBuilder('t', 0).build(42, true)
    expect([batch.length, batch.nextOffset, batch.atEnd]).toEqual([0, 42, true])
    expect(batch.memoryBytes).toBe(0)
  })

  it('copies what was added', () => {
    const value = new Uint8Array([1, 2])
    const batch = build(new RecordBatchBuilder('t', 0), [{ ...empty, value }])
    value.fill(9)
    expect(hex(batch.value(0))).toBe('0102')
  })
})

describe('RecordBatch', () => {
  it('tells empty keys and values from absent ones', () => {
    const absent = { ...empty, key: null, value: null, offset: 1 }
    const batch = build(new RecordBatchBuilder('t', 0), [empty, absent])
    expect([batch.key(0), batch.key(1)]).toEqual(['', null])
    expect([hex(batch.value(0)), hex(batch.value(1))]).toEqual(['', null])
    expect([batch.headers(0), batch.headers(1)]).toEqual([[], []])
    expect([batch.byteLength(0), batch.byteLength(1)]).toEqual([0, 0])
  })

  it('keeps offsets and timestamps up to the largest safe integer', () => {
    const offset = Number.MAX_SAFE_INTEGER - 1
    const record = { ...empty, offset, timestampMs: 8_640_000_000_000_000 }
    const batch = build(new RecordBatchBuilder('t', 0), [record])
    expect([batch.offset(0), batch.timestamp(0)]).toEqual([offset, record.timestampMs])
    expect(batch.nextOffset).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('refuses an offset that is not a safe integer', () => {
    for (const offset of [2 ** 53, Number.NaN, 0.5, Number.POSITIVE_INFINITY]) {
      expect(() => new RecordBatchBuilder('t', 3).build(offset, false)).toThrow(RangeError)
    }
    expect(() => new RecordBatchBuilder('t', 3).build(2 ** 53, false)).toThrow(/t\/3/)
  })

  it('reads rows at any multiple of 8, with bytes before and after them', () => {
    const buffer = new ArrayBuffer(256)
    const bytes = Buffer.from(buffer)
    bytes.write('key', 1, 'latin1')
    bytes.write('value', 200, 'latin1')
    const doubles = new Float64Array(buffer, 48, 10)
    const ints = new Int32Array(buffer, 48, 20)
    doubles.set([11, 1000])
    ints.set([1, 3, 200, 5, 205, 0], 4)
    doubles.set([15, 2000], 5)
    ints.set([1, -1, 200, 0, 205, 0], 14)
    const batch = new RecordBatch('t', 0, buffer, 48, 2, 16, false)
    expect(contents(batch)).toEqual([
      {
        offset: 11,
        timestampMs: 1000,
        key: 'key',
        value: hex(Buffer.from('value')),
        headers: [],
        byteLength: 8,
      },
      { offset: 15, timestampMs: 2000, key: null, value: '', headers: [], byteLength: 0 },
    ])
  })

  it('gives values and header values as views of its memory', () => {
    const value = new Uint8Array([1, 2, 3])
    const headers = [{ name: 'h', value }]
    const batch = build(new RecordBatchBuilder('t', 0), [{ ...empty, value, headers }])
    batch.value(0)?.fill(9)
    expect(hex(batch.value(0))).toBe('090909')
    expect(plain(batch.headers(0))).toEqual([['h', '010203']])
  })

  it('counts the memory that it takes', () => {
    const records = [
      { ...empty, key: 'abc', value: new Uint8Array(10) },
      { ...empty, offset: 1, headers: [{ name: 'h', value: null }] },
    ]
    const batch = build(new RecordBatchBuilder('t', 0), records)
    expect(batch.memoryBytes).toBe(2 * 40 + 13 + 9)
    expect(batch.memoryBytes).toBe(2 * 40 + 13 + 9)
  })
})

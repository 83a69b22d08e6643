import type { ByteString } from './byte-string.ts'
import type { Header, Headers } from './headers.ts'
import { headersByteLength, readHeaders, writeHeaders } from './packed-headers.ts'

/** Bytes of a row: one per record, before or after the bytes that it points to. */
const ROW_BYTES = 40
const ROW_INTS = ROW_BYTES / 4
const ROW_DOUBLES = ROW_BYTES / 8

/**
 * Consecutive records of one topic-partition over one piece of memory, in the order of their offsets: what a transport
 * hands over. Nothing is decoded or allocated per record until somebody asks.
 *
 * Memory: `buffer` holds rows of 40 bytes at `rowsStart` (a multiple of 8), one a record, in the byte order of the machine:
 *
 * | at | type | what |
 * | --- | --- | --- |
 * | 0 | f64 | offset |
 * | 8 | f64 | timestamp, milliseconds since the epoch |
 * | 16, 20 | i32 | key: start, length (-1: no key) |
 * | 24, 28 | i32 | value: start, length (-1: no value) |
 * | 32, 36 | i32 | headers: start, length (0: none); see `packed-headers.ts` |
 *
 * Starts count from the beginning of `buffer`; several batches may share one. The memory is the receiver's for good: a
 * transport never writes to it again. A value that is kept pins the whole buffer, so keep a copy.
 */
export class RecordBatch {
  readonly topic: string
  readonly partition: number
  /** How many records; 0 in a batch that only tells `nextOffset` or `atEnd`. */
  readonly length: number
  /**
   * The offset to read on from: after the last record, and also after transaction markers and records that were
   * compacted away or aborted, as far as the transport has seen them.
   */
  readonly nextOffset: number
  /** The end of the partition was reached at `nextOffset` when this batch was read. */
  readonly atEnd: boolean
  /** Which numbering `keyNumber` belongs to: unique in the process, above 0; 0 when the transport does not number keys. */
  readonly keyEpoch: number
  readonly #bytes: Buffer
  readonly #ints: Int32Array
  readonly #doubles: Float64Array
  readonly #keyNumbers: Int32Array | undefined
  #memoryBytes = -1

  constructor(
    topic: string,
    partition: number,
    buffer: ArrayBuffer,
    rowsStart: number,
    length: number,
    nextOffset: number,
    atEnd: boolean,
    keyNumbers?: Int32Array,
    keyEpoch = 0,
  ) {
    this.topic = topic
    this.partition = partition
    this.length = length
    this.nextOffset = nextOffset
    this.atEnd = atEnd
    this.keyEpoch = keyEpoch
    this.#keyNumbers = keyNumbers
    this.#bytes = Buffer.from(buffer)
    this.#ints = new Int32Array(buffer, rowsStart, length * ROW_INTS)
    this.#doubles = new Float64Array(buffer, rowsStart, length * ROW_DOUBLES)
    if (!Number.isSafeInteger(nextOffset)) {
      throw new RangeError(`offset ${nextOffset} of ${topic}/${partition} is not a safe integer`)
    }
  }

  offset(index: number): number {
    return this.#doubles[index * ROW_DOUBLES] as number
  }

  /** Milliseconds since the epoch; -1 when the record has none. */
  timestamp(index: number): number {
    return this.#doubles[index * ROW_DOUBLES + 1] as number
  }

  /** The key as a byte string; `null` when the record has none. */
  key(index: number): ByteString | null {
    const at = index * ROW_INTS
    const length = this.#ints[at + 5] as number
    if (length < 0) return null
    const start = this.#ints[at + 4] as number
    return this.#bytes.toString('latin1', start, start + length)
  }

  /**
   * The number of the key: the same for equal keys of a partition number, whatever the topic, in all batches of one
   * `keyEpoch`; small and dense, so that what belongs to a key can be found by index. -1: not numbered.
   */
  keyNumber(index: number): number {
    return this.#keyNumbers === undefined ? -1 : (this.#keyNumbers[index] as number)
  }

  /** The value, as a view into the batch's memory; `null` for a tombstone. */
  value(index: number): Uint8Array | null {
    const at = index * ROW_INTS
    const length = this.#ints[at + 7] as number
    if (length < 0) return null
    const start = this.#ints[at + 6] as number
    return new Uint8Array(this.#bytes.buffer, start, length)
  }

  /** The headers; an empty list when there are none. */
  headers(index: number): Headers {
    const at = index * ROW_INTS
    const length = this.#ints[at + 9] as number
    if (length === 0) return NO_HEADERS
    const start = this.#ints[at + 8] as number
    return readHeaders(this.#bytes, start, start + length)
  }

  /** Bytes of key, value and headers of a record: what limits and statistics count. */
  byteLength(index: number): number {
    const at = index * ROW_INTS
    const key = this.#ints[at + 5] as number
    const value = this.#ints[at + 7] as number
    return (key > 0 ? key : 0) + (value > 0 ? value : 0) + (this.#ints[at + 9] as number)
  }

  /** Bytes that the batch takes in memory: what buffers are bounded by. */
  get memoryBytes(): number {
    if (this.#memoryBytes < 0) {
      let total = this.length * ROW_BYTES
      for (let index = 0; index < this.length; index++) total += this.byteLength(index)
      this.#memoryBytes = total
    }
    return this.#memoryBytes
  }
}

const NO_HEADERS: Headers = Object.freeze<Header[]>([])

/** Packs records into a {@link RecordBatch}: for transports whose client hands over one object a record. */
export class RecordBatchBuilder {
  readonly #topic: string
  readonly #partition: number
  readonly #rows: Row[] = []
  #byteLength = 0

  constructor(topic: string, partition: number) {
    this.#topic = topic
    this.#partition = partition
  }

  get length(): number {
    return this.#rows.length
  }

  /** Bytes of keys, values and headers so far. */
  get byteLength(): number {
    return this.#byteLength
  }

  /** Adds a record; offsets must rise. The bytes are copied by `build`. */
  add(
    offset: number,
    timestampMs: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: Headers,
  ): void {
    this.#rows.push({ offset, timestampMs, key, value, headers })
    this.#byteLength += (key?.length ?? 0) + (value?.length ?? 0) + headersByteLength(headers)
  }

  /** The batch; the builder is empty afterwards. */
  build(nextOffset: number, atEnd: boolean): RecordBatch {
    const rows = this.#rows
    let at = rows.length * ROW_BYTES
    const buffer = new ArrayBuffer(at + this.#byteLength)
    const bytes = Buffer.from(buffer)
    const ints = new Int32Array(buffer, 0, rows.length * ROW_INTS)
    const doubles = new Float64Array(buffer, 0, rows.length * ROW_DOUBLES)
    for (const [index, row] of rows.entries()) {
      const int = index * ROW_INTS
      doubles[index * ROW_DOUBLES] = row.offset
      doubles[index * ROW_DOUBLES + 1] = row.timestampMs
      ints[int + 4] = at
      ints[int + 5] = row.key === null ? -1 : row.key.length
      if (row.key !== null) {
        bytes.set(row.key, at)
        at += row.key.length
      }
      ints[int + 6] = at
      ints[int + 7] = row.value === null ? -1 : row.value.length
      if (row.value !== null) {
        bytes.set(row.value, at)
        at += row.value.length
      }
      ints[int + 8] = at
      const end = writeHeaders(bytes, at, row.headers)
      ints[int + 9] = end - at
      at = end
    }
    rows.length = 0
    this.#byteLength = 0
    return new RecordBatch(
      this.#topic,
      this.#partition,
      buffer,
      0,
      ints.length / ROW_INTS,
      nextOffset,
      atEnd,
    )
  }
}

interface Row {
  readonly offset: number
  readonly timestampMs: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Headers
}

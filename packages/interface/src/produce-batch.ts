import type { ByteString } from './byte-string.ts'
import type { Headers } from './headers.ts'
import { headersByteLength, readHeaders, writeHeaders } from './packed-headers.ts'

/** Bytes of a row: one per record. */
const ROW_BYTES = 40
const ROW_INTS = ROW_BYTES / 4
const ROW_DOUBLES = ROW_BYTES / 8
const INITIAL_RECORDS = 64
const INITIAL_BYTES = 4096
/** Up to here a loop is faster than a call out of JavaScript. */
const SHORT = 32

/**
 * Records to produce, packed: what a transport's producer takes. Adding one allocates nothing but, now and then, more
 * memory.
 *
 * `rows` holds one row of 40 bytes a record, in the byte order of the machine, and `bytes` what they point to:
 *
 * | at | type | what |
 * | --- | --- | --- |
 * | 0 | f64 | timestamp, milliseconds since the epoch (NaN: the moment of sending) |
 * | 8 | i32 | topic: index in `topics` |
 * | 12 | i32 | partition |
 * | 16, 20 | i32 | key: start, length (-1: no key) |
 * | 24, 28 | i32 | value: start, length (-1: no value) |
 * | 32, 36 | i32 | headers: start, length (0: none); see `packed-headers.ts` |
 */
export class ProduceBatch {
  readonly #topics: string[] = []
  #length = 0
  #end = 0
  #rows = new ArrayBuffer(INITIAL_RECORDS * ROW_BYTES)
  #ints = new Int32Array(this.#rows)
  #doubles = new Float64Array(this.#rows)
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES)

  /** How many records. */
  get length(): number {
    return this.#length
  }

  /** Bytes of keys, values and headers. */
  get byteLength(): number {
    return this.#end
  }

  /** The topics that the rows refer to. */
  get topics(): readonly string[] {
    return this.#topics
  }

  /** The rows; only the first `length` count. The transport's while a `send` is under way. */
  get rows(): ArrayBuffer {
    return this.#rows
  }

  /** The bytes that the rows refer to; only the first `byteLength` count. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** The index of a topic, for `add`. */
  topicIndex(topic: string): number {
    const known = this.#topics.indexOf(topic)
    return known >= 0 ? known : this.#topics.push(topic) - 1
  }

  /** Makes room for more records and their bytes at once. `add` makes room by itself. */
  reserve(records: number, byteLength: number): void {
    const rowBytes = (this.#length + records) * ROW_BYTES
    if (rowBytes > this.#rows.byteLength) {
      const rows = new ArrayBuffer(Math.max(this.#rows.byteLength * 2, rowBytes))
      const ints = new Int32Array(rows)
      ints.set(this.#ints)
      this.#rows = rows
      this.#ints = ints
      this.#doubles = new Float64Array(rows)
    }
    if (this.#end + byteLength > this.#bytes.length) {
      const bytes = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#end + byteLength))
      this.#bytes.copy(bytes, 0, 0, this.#end)
      this.#bytes = bytes
    }
  }

  /**
   * Adds a record and copies its bytes.
   * @param topic - what `topicIndex` gave
   * @param value - a string stands for its UTF-8; `null` for a tombstone
   * @param timestampMs - NaN: the moment of sending
   */
  add(
    topic: number,
    partition: number,
    key: ByteString | null,
    value: Uint8Array | string | null,
    timestampMs: number,
    headers: Headers | undefined,
  ): void {
    const headersLength = headers === undefined ? 0 : headersByteLength(headers)
    // In UTF-8 a char has at most three bytes.
    const valueRoom = typeof value === 'string' ? value.length * 3 : (value?.length ?? 0)
    this.reserve(1, (key?.length ?? 0) + valueRoom + headersLength)
    const index = this.#length++
    const int = index * ROW_INTS
    const ints = this.#ints
    const bytes = this.#bytes
    let at = this.#end
    this.#doubles[index * ROW_DOUBLES] = timestampMs
    ints[int + 2] = topic
    ints[int + 3] = partition
    ints[int + 4] = at
    if (key === null) {
      ints[int + 5] = -1
    } else {
      ints[int + 5] = key.length
      if (key.length <= SHORT)
        for (let i = 0; i < key.length; i++) bytes[at + i] = key.charCodeAt(i)
      else bytes.write(key, at, 'latin1')
      at += key.length
    }
    ints[int + 6] = at
    if (value === null) {
      ints[int + 7] = -1
    } else if (typeof value === 'string') {
      const length = writeText(bytes, at, value)
      ints[int + 7] = length
      at += length
    } else {
      ints[int + 7] = value.length
      if (value.length <= SHORT)
        for (let i = 0; i < value.length; i++) bytes[at + i] = value[i] as number
      else bytes.set(value, at)
      at += value.length
    }
    ints[int + 8] = at
    ints[int + 9] = headersLength
    if (headers !== undefined) at = writeHeaders(bytes, at, headers)
    this.#end = at
  }

  /** Adds the records of `other` from `from` on. */
  append(other: ProduceBatch, from: number): void {
    for (let index = from; index < other.#length; index++) {
      const row = index * ROW_INTS
      const start = other.#ints[row + 4] as number
      const end = (other.#ints[row + 8] as number) + (other.#ints[row + 9] as number)
      this.reserve(1, end - start)
      const shift = this.#end - start
      const int = this.#length * ROW_INTS
      this.#doubles[this.#length * ROW_DOUBLES] = other.#doubles[index * ROW_DOUBLES] as number
      this.#ints[int + 2] = this.topicIndex(other.topic(index))
      this.#ints[int + 3] = other.#ints[row + 3] as number
      for (let field = 4; field < ROW_INTS; field += 2) {
        this.#ints[int + field] = (other.#ints[row + field] as number) + shift
        this.#ints[int + field + 1] = other.#ints[row + field + 1] as number
      }
      other.#bytes.copy(this.#bytes, this.#end, start, end)
      this.#end += end - start
      this.#length++
    }
  }

  /** Takes back all records from `length` on. */
  truncate(length: number): void {
    if (length >= this.#length) return
    this.#end = this.#ints[length * ROW_INTS + 4] as number
    this.#length = length
  }

  /** Empties the batch and keeps its memory. */
  clear(): void {
    this.#length = 0
    this.#end = 0
    this.#topics.length = 0
  }

  topic(index: number): string {
    return this.#topics[this.#ints[index * ROW_INTS + 2] as number] as string
  }

  partition(index: number): number {
    return this.#ints[index * ROW_INTS + 3] as number
  }

  /** Milliseconds since the epoch, or NaN for the moment of sending. */
  timestamp(index: number): number {
    return this.#doubles[index * ROW_DOUBLES] as number
  }

  /** The key, as a view; `null` when the record has none. */
  key(index: number): Uint8Array | null {
    return this.#view(index * ROW_INTS + 4)
  }

  /** The value, as a view; `null` for a tombstone. */
  value(index: number): Uint8Array | null {
    return this.#view(index * ROW_INTS + 6)
  }

  headers(index: number): Headers {
    const start = this.#ints[index * ROW_INTS + 8] as number
    return readHeaders(this.#bytes, start, start + (this.#ints[index * ROW_INTS + 9] as number))
  }

  #view(at: number): Uint8Array | null {
    const length = this.#ints[at + 1] as number
    if (length < 0) return null
    const start = this.#ints[at] as number
    return this.#bytes.subarray(start, start + length)
  }
}

// Returns how many bytes it wrote.
function writeText(bytes: Buffer, at: number, text: string): number {
  if (text.length > SHORT) return bytes.write(text, at, 'utf8')
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return bytes.write(text, at, 'utf8')
    bytes[at + i] = code
  }
  return text.length
}

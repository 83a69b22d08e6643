/** Bytes of a row, laid out as `RecordBatch` of the interface documents it; starts count from the beginning of `bytes`. */
export const ROW_BYTES = 40
export const ROW_INTS: number = ROW_BYTES / 4
const ROW_DOUBLES: number = ROW_BYTES / 8

/** Records outside of a log, as `ProduceBatch` packs them: timestamp at 0, everything from 16 on as in a row. */
export interface PackedRecords {
  readonly ints: Int32Array
  readonly doubles: Float64Array
  readonly bytes: Uint8Array
}

/** Memory that rows are copied to. */
export interface RowTarget {
  readonly ints: Int32Array
  readonly bytes: Uint8Array
}

/**
 * A piece of a log: rows and the bytes that they point to, both in the order of the offsets and without gaps, so that any
 * run of records is one range of rows and one range of bytes.
 */
export class Segment {
  #rows: ArrayBuffer
  #ints: Int32Array
  #doubles: Float64Array
  #bytes: Buffer
  #length = 0
  #byteLength = 0
  #maxTimestamp = -1

  constructor(records: number, byteLength: number) {
    this.#rows = new ArrayBuffer(records * ROW_BYTES)
    this.#ints = new Int32Array(this.#rows)
    this.#doubles = new Float64Array(this.#rows)
    this.#bytes = Buffer.allocUnsafeSlow(byteLength)
  }

  /** A segment of rows and of the bytes that follow the start of the first one. */
  static of(rows: Uint8Array, bytes: Uint8Array): Segment {
    const segment = new Segment(rows.length / ROW_BYTES, bytes.length)
    new Uint8Array(segment.#rows).set(rows)
    segment.#bytes.set(bytes)
    segment.#length = rows.length / ROW_BYTES
    segment.#byteLength = bytes.length
    for (let index = 0; index < segment.#length; index++) {
      segment.#maxTimestamp = Math.max(segment.#maxTimestamp, segment.timestamp(index))
    }
    shiftStarts(segment.#ints, 0, segment.#length, -(segment.#ints[4] as number))
    return segment
  }

  /** How many records. */
  get length(): number {
    return this.#length
  }

  /** Bytes of keys, values and headers. */
  get byteLength(): number {
    return this.#byteLength
  }

  /** The highest timestamp of its records, or of the ones they were taken from; -1 without any. */
  get maxTimestamp(): number {
    return this.#maxTimestamp
  }

  offset(index: number): number {
    return this.#doubles[index * ROW_DOUBLES] as number
  }

  timestamp(index: number): number {
    return this.#doubles[index * ROW_DOUBLES + 1] as number
  }

  /** Where the bytes of a record start; of the index after the last one, where they end. */
  start(index: number): number {
    return index < this.#length ? (this.#ints[index * ROW_INTS + 4] as number) : this.#byteLength
  }

  /** The key as a byte string; `null` when there is none. */
  key(index: number): string | null {
    const length = this.#ints[index * ROW_INTS + 5] as number
    if (length < 0) return null
    const start = this.#ints[index * ROW_INTS + 4] as number
    return this.#bytes.toString('latin1', start, start + length)
  }

  isTombstone(index: number): boolean {
    return (this.#ints[index * ROW_INTS + 7] as number) < 0
  }

  /** The index of the first record at or after `offset`; `length` when there is none. */
  indexOf(offset: number): number {
    let low = 0
    let high = this.#length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.offset(middle) < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The first index after `from` (at least one on, at most `to`) at which the records from `from` exceed `maxBytes`. */
  indexWithin(from: number, to: number, maxBytes: number): number {
    const limit = this.start(from) + maxBytes
    if (this.start(to) <= limit) return to
    let low = from + 1
    let high = to
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.start(middle) <= limit) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Views of the rows and bytes from an index on; what they show is never written again. */
  tail(from: number): readonly [rows: Uint8Array, bytes: Uint8Array] {
    return [
      new Uint8Array(this.#rows, from * ROW_BYTES, (this.#length - from) * ROW_BYTES),
      this.#bytes.subarray(this.start(from), this.#byteLength),
    ]
  }

  /** Makes room, growing by doubling. */
  reserve(records: number, byteLength: number): void {
    const rows = (this.#length + records) * ROW_BYTES
    if (rows > this.#rows.byteLength) {
      const grown = new ArrayBuffer(Math.max(rows, this.#rows.byteLength * 2))
      const ints = new Int32Array(grown)
      ints.set(this.#ints.subarray(0, this.#length * ROW_INTS))
      this.#rows = grown
      this.#ints = ints
      this.#doubles = new Float64Array(grown)
    }
    const end = this.#byteLength + byteLength
    if (end > this.#bytes.length) {
      const bytes = Buffer.allocUnsafeSlow(Math.max(end, this.#bytes.length * 2))
      this.#bytes.copy(bytes, 0, 0, this.#byteLength)
      this.#bytes = bytes
    }
  }

  /**
   * Appends the records that `order` names, at consecutive offsets; room was made by `reserve`.
   * @param timestampMs - for records that have none (NaN)
   */
  append(records: PackedRecords, order: Int32Array, offset: number, timestampMs: number): void {
    const source = records.ints
    const ints = this.#ints
    const doubles = this.#doubles
    let row = this.#length
    let at = this.#byteLength
    let runAt = at
    let runStart = 0
    let runEnd = 0
    for (let n = 0; n < order.length; n++, row++) {
      const from = order[n] as number
      const given = records.doubles[from * ROW_DOUBLES] as number
      const timestamp = Number.isNaN(given) ? timestampMs : given
      doubles[row * ROW_DOUBLES] = offset + n
      doubles[row * ROW_DOUBLES + 1] = timestamp
      if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
      for (let part = 4; part <= 8; part += 2) {
        const start = source[from * ROW_INTS + part] as number
        const length = source[from * ROW_INTS + part + 1] as number
        ints[row * ROW_INTS + part] = at
        ints[row * ROW_INTS + part + 1] = length
        if (length <= 0) continue
        // Parts that lie side by side in the source are copied as one.
        if (start !== runEnd) {
          if (runEnd > runStart) this.#bytes.set(records.bytes.subarray(runStart, runEnd), runAt)
          runAt = at
          runStart = start
          runEnd = start
        }
        runEnd += length
        at += length
      }
    }
    if (runEnd > runStart) this.#bytes.set(records.bytes.subarray(runStart, runEnd), runAt)
    this.#length = row
    this.#byteLength = at
  }

  /** Appends records of another segment with their offsets; room was made by `reserve`. */
  appendRun(segment: Segment, from: number, to: number): void {
    const target = { ints: this.#ints, bytes: this.#bytes }
    this.#byteLength = segment.copy(from, to, target, this.#length, this.#byteLength)
    this.#length += to - from
    // Never less than the highest of the run.
    if (segment.maxTimestamp > this.#maxTimestamp) this.#maxTimestamp = segment.maxTimestamp
  }

  /** Copies records to row `row` and their bytes to `at`; returns where the bytes end. */
  copy(from: number, to: number, target: RowTarget, row: number, at: number): number {
    const start = this.start(from)
    const end = this.start(to)
    target.ints.set(this.#ints.subarray(from * ROW_INTS, to * ROW_INTS), row * ROW_INTS)
    target.bytes.set(this.#bytes.subarray(start, end), at)
    shiftStarts(target.ints, row, row + to - from, at - start)
    return at + end - start
  }
}

/** Moves the starts of the rows from `from` to before `to`. */
function shiftStarts(ints: Int32Array, from: number, to: number, shift: number): void {
  if (shift === 0) return
  const last = to * ROW_INTS
  for (let int = from * ROW_INTS; int < last; int += ROW_INTS) {
    ints[int + 4] = (ints[int + 4] as number) + shift
    ints[int + 6] = (ints[int + 6] as number) + shift
    ints[int + 8] = (ints[int + 8] as number) + shift
  }
}

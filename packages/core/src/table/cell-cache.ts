import type { ByteString } from '@goka/interface'

/** What a cell costs in memory besides its key and value: the object, two map entries, the headers of string and array. */
const CELL_BYTES = 200

const NO_CELLS: readonly Cell[] = []

/** A value as it is kept: its bytes, or what they will be made of when they are needed; `undefined`: none. */
export type CellContent = Uint8Array | string | number | bigint | boolean | undefined

/** About how many bytes a value has. */
export function contentBytes(content: CellContent): number {
  if (typeof content === 'object' || typeof content === 'string') return content.length
  return content === undefined ? 0 : 8
}

/** The value of one key, as far as it is known in memory. */
export class Cell {
  readonly key: ByteString
  /** The value; `undefined` when the key has none. Bytes are never written to: a change is another array. */
  content: CellContent = undefined
  /** Whether `content` has been read or set. */
  loaded = false
  /** The decoded value, kept while it cannot be changed by who holds it (no objects). */
  value: unknown = undefined
  /** Whether `value` holds what `content` decodes to. */
  decoded = false
  /** The epoch that wrote the cell last; opaque here. */
  writer: unknown = undefined
  /** How many bytes of content the cache has counted. */
  countedBytes = 0
  /** Whether `committed` waits to be written to the store. */
  unstored = false
  /** What was committed last, until the store has it; see `UnstoredWrites`. */
  committed: CellContent = undefined

  constructor(key: ByteString) {
    this.key = key
  }

  /** Sets what was read, written, or there before. */
  load(content: CellContent): void {
    const isDecoded = typeof content !== 'object'
    this.content = content
    this.loaded = true
    this.value = isDecoded ? content : undefined
    this.decoded = isDecoded
  }
}

/**
 * The cells of the keys in use. Two generations: what is not asked for while the young one fills up is dropped with the
 * old one, so that no list is kept in order at every access.
 */
export class CellCache {
  #young = new Map<ByteString, Cell>()
  #old = new Map<ByteString, Cell>()
  #youngBytes = 0
  #limitBytes: number
  // The cells of the young generation by the number of their key; see RecordBatch.keyNumber.
  #numbered: (Cell | undefined)[] = []
  #keyEpoch = 0

  /** @param limitBytes - how much the cells may take, roughly */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  set limitBytes(bytes: number) {
    this.#limitBytes = bytes
  }

  /** Whether `rotate` is due. */
  get isFull(): boolean {
    return this.#youngBytes * 2 > this.#limitBytes
  }

  /** How many cells there are. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  /** The cell of a key, if it is known. */
  get(key: ByteString): Cell | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old === undefined) return undefined
    this.#old.delete(key)
    this.#insert(old)
    return old
  }

  /** Cells by the number of their key, as far as they were found before: to look at, and to `remember` others in. */
  numbered(keyEpoch: number): readonly (Cell | undefined)[] {
    if (keyEpoch === 0) return NO_CELLS
    if (keyEpoch !== this.#keyEpoch) {
      this.#keyEpoch = keyEpoch
      this.#numbered = []
    }
    return this.#numbered
  }

  /** Has a cell that `get` or `add` gave found by the number of its key. */
  remember(number: number, cell: Cell): void {
    const numbered = this.#numbered
    // Without holes it stays a plain array.
    while (numbered.length < number) numbered.push(undefined)
    numbered[number] = cell
  }

  /** Makes the cell of a key that has none. */
  add(key: ByteString): Cell {
    const cell = new Cell(key)
    this.#insert(cell)
    return cell
  }

  /** Counts the content of a cell that was loaded or written since it was counted. */
  recount(cell: Cell): void {
    const bytes = contentBytes(cell.content)
    this.#youngBytes += bytes - cell.countedBytes
    cell.countedBytes = bytes
  }

  /** Drops the old generation, except the pinned cells: those must be found as long as their value is nowhere else. */
  rotate(pinned: Iterable<Cell>): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#youngBytes = 0
    // Who is still in use is found in the old generation, and moves to the young one.
    this.#numbered = []
    for (const cell of pinned) {
      if (this.#young.has(cell.key)) continue
      this.#old.delete(cell.key)
      this.#insert(cell)
    }
  }

  #insert(cell: Cell): void {
    this.#young.set(cell.key, cell)
    cell.countedBytes = contentBytes(cell.content)
    this.#youngBytes += CELL_BYTES + cell.key.length + cell.countedBytes
  }
}

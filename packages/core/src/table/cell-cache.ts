import type { ByteString } from '@goka/interface'

/** What a cell costs in memory besides its key and value: the object, two map entries, the headers of string and array. */
const CELL_BYTES = 200

/** The value of one key, as far as it is known in memory. */
export class Cell {
  readonly key: ByteString
  /** The bytes of the value; `undefined` when the key has none. Never written to: a change is another array. */
  bytes: Uint8Array | undefined = undefined
  /** Whether `bytes` has been read or set. */
  loaded = false
  /** The decoded value, kept while it cannot be changed by who holds it (no objects). */
  value: unknown = undefined
  /** Whether `value` holds what `bytes` decodes to. */
  decoded = false
  /** The epoch that wrote the cell last; opaque here. */
  writer: unknown = undefined

  constructor(key: ByteString) {
    this.key = key
  }

  /** Sets what was read, or written by others. */
  load(bytes: Uint8Array | undefined): void {
    this.bytes = bytes
    this.loaded = true
    this.value = undefined
    this.decoded = bytes === undefined
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

  /** Makes the cell of a key that has none. */
  add(key: ByteString): Cell {
    const cell = new Cell(key)
    this.#insert(cell)
    return cell
  }

  /** Drops the old generation, except the pinned cells: those must be found as long as their value is nowhere else. */
  rotate(pinned: Iterable<Cell>): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#youngBytes = 0
    for (const cell of pinned) {
      if (this.#young.has(cell.key)) continue
      this.#old.delete(cell.key)
      this.#insert(cell)
    }
  }

  #insert(cell: Cell): void {
    this.#young.set(cell.key, cell)
    this.#youngBytes += CELL_BYTES + cell.key.length + (cell.bytes?.length ?? 0)
  }
}

import type { ByteString } from '@goka/interface'
import { type Cell, type CellContent, contentBytes } from './cell-cache.ts'

/**
 * What was committed and is not in the store yet, each key with its last value: a store that is written every now and then
 * writes a key once that was committed many times. The changelog has it all, so that a crash loses nothing.
 */
export class UnstoredWrites {
  #cells = new Map<ByteString, Cell>()
  // On their way into the store.
  #storing: ReadonlyMap<ByteString, Cell> = new Map()
  #bytes = 0
  readonly #encode: (value: unknown) => Uint8Array

  /** @param encode - makes the bytes of content that has none yet */
  constructor(encode: (value: unknown) => Uint8Array) {
    this.#encode = encode
  }

  /** Bytes of their keys and values, those of each commit. */
  get bytes(): number {
    return this.#bytes
  }

  /** A cell was committed with this value. */
  add(cell: Cell, content: CellContent): void {
    cell.committed = content
    this.#bytes += cell.key.length + contentBytes(content)
    if (cell.unstored) return
    cell.unstored = true
    this.#cells.set(cell.key, cell)
  }

  /** The committed value of a key in an array of its own, unless the store has it. */
  get(key: ByteString): readonly [Uint8Array | undefined] | undefined {
    const cell = this.#cells.get(key) ?? this.#storing.get(key)
    return cell && [this.#bytesOf(cell.committed)]
  }

  /** Whether the store has everything. */
  get isEmpty(): boolean {
    return this.#cells.size === 0 && this.#storing.size === 0
  }

  /** Takes everything to be written now. Until `stored` is called, `get` finds it still. */
  take(): { readonly keys: ByteString[]; readonly values: (Uint8Array | undefined)[] } {
    const keys: ByteString[] = []
    const values: (Uint8Array | undefined)[] = []
    for (const cell of this.#cells.values()) {
      cell.unstored = false
      keys.push(cell.key)
      values.push(this.#bytesOf(cell.committed))
    }
    this.#storing = this.#cells
    this.#cells = new Map()
    this.#bytes = 0
    return { keys, values }
  }

  /** What was taken is in the store. */
  stored(): void {
    for (const cell of this.#storing.values()) if (!cell.unstored) cell.committed = undefined
    this.#storing = new Map()
  }

  #bytesOf(content: CellContent): Uint8Array | undefined {
    return content === undefined || typeof content === 'object' ? content : this.#encode(content)
  }
}

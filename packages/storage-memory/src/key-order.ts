import type { ByteString } from '@goka/interface'

/** Below so many new keys it is never worth to sort everything again. */
const MIN_MERGED = 1024

/**
 * The keys of a map in the order of their bytes, made when somebody asks and kept for the next one: a walk sorts only the
 * keys that are new since the last and merges them in. As long as nobody asks, an insert costs nothing.
 */
export class KeyOrder {
  /** Never changed once made: walks hold on to it. */
  #sorted: readonly ByteString[] | undefined
  #added: ByteString[] = []
  #removed = false

  add(key: ByteString): void {
    if (this.#sorted === undefined) return
    this.#added.push(key)
    // Keys that come and go would grow the list without an end.
    if (this.#added.length > MIN_MERGED + this.#sorted.length) this.#forget()
  }

  remove(): void {
    this.#removed = true
  }

  /** The keys of `values`, which must be the map that the calls of `add` and `remove` were about. */
  of(values: ReadonlyMap<ByteString, unknown>): readonly ByteString[] {
    if (this.#sorted === undefined) {
      this.#sorted = Array.from(values.keys()).sort()
    } else if (this.#added.length > 0 || this.#removed) {
      this.#sorted = merge(this.#sorted, this.#added.sort())
      if (this.#removed) this.#sorted = this.#sorted.filter((key) => values.has(key))
    }
    this.#added = []
    this.#removed = false
    return this.#sorted
  }

  #forget(): void {
    this.#sorted = undefined
    this.#added = []
  }
}

/** The keys of both lists, each once: one that was removed and added again is in both. */
function merge(left: readonly ByteString[], right: readonly ByteString[]): ByteString[] {
  const merged: ByteString[] = []
  let last: ByteString | undefined
  for (let l = 0, r = 0; l < left.length || r < right.length; ) {
    const a = left[l]
    const b = right[r]
    const key = b === undefined || (a !== undefined && a <= b) ? (a as ByteString) : b
    if (key === a) l++
    else r++
    if (key !== last) merged.push(key)
    last = key
  }
  return merged
}

/** The index of the first key that is not before `bound`. */
export function lowerBound(sorted: readonly ByteString[], bound: ByteString): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] as ByteString) < bound) low = middle + 1
    else high = middle
  }
  return low
}

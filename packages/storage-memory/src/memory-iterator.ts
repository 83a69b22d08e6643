import type { Entry, KeyRange, StoreIterator } from '@goka/interface'
import { lowerBound } from './key-order.ts'
import type { Snapshot } from './snapshot.ts'

/** The store that a walk belongs to. */
export interface SnapshotOwner {
  /** @throws GokaError `GOKA_STORAGE_NOT_OPEN` */
  assertOpen(): void
  notOpen(what: 'store' | 'iterator'): Error
  release(snapshot: Snapshot): void
}

/** A walk over a snapshot. */
export class MemoryIterator implements StoreIterator {
  readonly #owner: SnapshotOwner
  readonly #step: 1 | -1
  /** Gone when nothing is left to walk over, so that writes from then on cost nothing for this walk. */
  #snapshot: Snapshot | undefined
  #closed = false
  #index: number
  /** Keys of the range that were not looked at yet. */
  #ahead: number
  /** Entries that the limit still allows. */
  #allowed: number

  constructor(owner: SnapshotOwner, snapshot: Snapshot, range: KeyRange) {
    const { gte, lt, reverse = false, limit = Number.POSITIVE_INFINITY } = range
    const { keys } = snapshot
    const start = gte === undefined ? 0 : lowerBound(keys, gte)
    const end = lt === undefined ? keys.length : lowerBound(keys, lt)
    this.#owner = owner
    this.#snapshot = snapshot
    this.#step = reverse ? -1 : 1
    this.#index = reverse ? end - 1 : start
    this.#ahead = end - start
    this.#allowed = limit
  }

  next(size: number): readonly Entry[] {
    this.#owner.assertOpen()
    if (this.#closed) throw this.#owner.notOpen('iterator')
    const snapshot = this.#snapshot
    const entries: Entry[] = []
    if (snapshot === undefined) return entries
    while (this.#ahead > 0 && this.#allowed > 0 && entries.length < size) {
      const key = snapshot.keys[this.#index] as string
      this.#index += this.#step
      this.#ahead--
      const value = snapshot.get(key)
      if (value === undefined) continue
      entries.push([key, value])
      this.#allowed--
    }
    if (this.#ahead <= 0 || this.#allowed <= 0) this.#release()
    return entries
  }

  close(): void {
    this.#closed = true
    this.#release()
  }

  #release(): void {
    const snapshot = this.#snapshot
    this.#snapshot = undefined
    if (snapshot !== undefined) this.#owner.release(snapshot)
  }
}

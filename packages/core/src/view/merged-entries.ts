import type { Entry, KeyRange, StoreIterator } from '@goka/interface'
import type { PartitionTable } from '../table/partition-table.ts'

/** Entries fetched from one partition at a time. */
const PAGE = 256

/** The entries of all partitions in the order of their keys. Partitions have no key in common. */
export async function* mergedEntries(
  tables: readonly PartitionTable[],
  range: KeyRange,
): AsyncGenerator<Entry, void, undefined> {
  const { limit = Number.POSITIVE_INFINITY, reverse = false } = range
  const cursors: Cursor[] = []
  try {
    for (const { store } of tables) cursors.push(new Cursor(store.iterate(range)))
    await Promise.all(cursors.map((cursor) => cursor.fill()))
    for (let count = 0; count < limit; count++) {
      let best: Cursor | undefined
      for (const cursor of cursors) {
        const key = cursor.head?.[0]
        const bestKey = best?.head?.[0]
        if (key === undefined) continue
        if (bestKey === undefined || (reverse ? key > bestKey : key < bestKey)) best = cursor
      }
      if (best?.head === undefined) return
      yield best.head
      if (best.advance()) await best.fill()
    }
  } finally {
    await Promise.all(cursors.map((cursor) => cursor.close()))
  }
}

class Cursor {
  readonly #iterator: StoreIterator
  #page: readonly Entry[] = []
  #at = 0

  constructor(iterator: StoreIterator) {
    this.#iterator = iterator
  }

  get head(): Entry | undefined {
    return this.#page[this.#at]
  }

  /** Goes to the next entry; returns whether a page has to be fetched for it. */
  advance(): boolean {
    return ++this.#at >= this.#page.length
  }

  async fill(): Promise<void> {
    this.#page = await this.#iterator.next(PAGE)
    this.#at = 0
  }

  async close(): Promise<void> {
    await this.#iterator.close()
  }
}

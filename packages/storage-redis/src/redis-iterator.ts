import type { ByteString, Entry, KeyRange, StoreIterator } from '@goka/interface'
import type { PageRequest } from './connection.ts'
import type { StoreFailures } from './store-failures.ts'

/** At most so many entries at a time, and no more once there are so many bytes: Redis serves nobody else meanwhile. */
const MAX_ENTRIES = 1000
const MAX_BYTES = 1024 * 1024

/** Reads a page of the store: keys and values in turn. */
export type ReadPage = (request: PageRequest) => Promise<readonly Buffer[]>

/** A walk over a store as it is, page by page: each goes on after the last key of the one before. */
export class RedisIterator implements StoreIterator {
  readonly #read: ReadPage
  readonly #failures: StoreFailures
  readonly #reverse: boolean
  #from: Buffer
  readonly #to: Buffer
  /** Entries that the limit still allows; none from the end on. */
  #allowed: number
  #closed = false

  constructor(range: KeyRange, read: ReadPage, failures: StoreFailures) {
    const { gte, lt, reverse = false, limit = Number.POSITIVE_INFINITY } = range
    const first = gte === undefined ? Buffer.from('-') : bound('[', gte)
    const end = lt === undefined ? Buffer.from('+') : bound('(', lt)
    this.#from = reverse ? end : first
    this.#to = reverse ? first : end
    this.#reverse = reverse
    this.#allowed = limit
    this.#read = read
    this.#failures = failures
  }

  async next(size: number): Promise<readonly Entry[]> {
    const count = Math.min(size, this.#allowed, MAX_ENTRIES)
    const page = this.#closed ? undefined : await this.#page(count)
    // It may have been closed meanwhile.
    if (page === undefined || this.#closed) throw this.#failures.notOpen('iterator')
    const entries = new Array<Entry>(page.length / 2)
    for (let i = 0; i < entries.length; i++) {
      const key = (page[2 * i] as Buffer).toString('latin1')
      // A copy, as the page is a part of what came through the socket, which should not live as long as one value does.
      entries[i] = [key, new Uint8Array(page[2 * i + 1] as Buffer)]
    }
    const last = page[page.length - 2]
    if (last === undefined) this.#allowed = 0
    else {
      this.#from = Buffer.concat([Buffer.from('('), last])
      this.#allowed -= entries.length
    }
    return entries
  }

  close(): void {
    this.#closed = true
  }

  async #page(count: number): Promise<readonly Buffer[]> {
    const command = this.#reverse ? 'ZREVRANGEBYLEX' : 'ZRANGEBYLEX'
    // Also when nothing is left to read: the store may have been closed.
    return this.#read({ command, from: this.#from, to: this.#to, count, bytes: MAX_BYTES })
  }
}

function bound(kind: '[' | '(', key: ByteString): Buffer {
  return Buffer.from(kind + key, 'latin1')
}

import {
  type Awaitable,
  type Checkpoint,
  type Entry,
  GokaError,
  type KeyRange,
  type Storage,
  type StorageCapabilities,
  type Store,
  type StoreBatch,
  type StoreIterator,
  type StoreName,
} from '@goka/interface'

/** What a store leaves on "disk". */
export interface Shelf {
  readonly entries: Map<string, Uint8Array>
  checkpoint: Checkpoint | undefined
  open: boolean
}

/** The shortest storage that keeps the contract. Mutants override what they break. */
export class ReferenceStorage implements Storage {
  readonly name: string = 'reference'
  readonly capabilities: StorageCapabilities
  readonly shelves: Map<string, Shelf>

  constructor(capabilities: StorageCapabilities, shelves = new Map<string, Shelf>()) {
    this.capabilities = capabilities
    this.shelves = shelves
  }

  path({ scope, topic, partition }: StoreName): string {
    return JSON.stringify([scope, topic, partition])
  }

  store(shelf: Shelf): ReferenceStore {
    return new ReferenceStore(shelf, this.capabilities)
  }

  async open(name: StoreName): Promise<Store> {
    const shelf = this.shelves.get(this.path(name)) ?? newShelf()
    if (shelf.open) throw locked(name)
    this.shelves.set(this.path(name), shelf)
    shelf.open = true
    return this.store(shelf)
  }

  async drop(name: StoreName): Promise<void> {
    if (this.shelves.get(this.path(name))?.open) throw locked(name)
    this.shelves.delete(this.path(name))
  }
}

export class ReferenceStore implements Store {
  readonly shelf: Shelf
  readonly capabilities: StorageCapabilities
  isOpen = true

  constructor(shelf: Shelf, capabilities: StorageCapabilities) {
    this.shelf = shelf
    this.capabilities = capabilities
  }

  get checkpoint(): Checkpoint | undefined {
    return this.shelf.checkpoint
  }

  assertOpen(): void {
    if (!this.isOpen) throw notOpen()
  }

  answer<T>(value: T): Awaitable<T> {
    return Promise.resolve(value)
  }

  getMany(keys: readonly string[]): Awaitable<(Uint8Array | undefined)[]> {
    this.assertOpen()
    return this.answer(keys.map((key) => this.shelf.entries.get(key)))
  }

  async write({ keys, values, checkpoint }: StoreBatch): Promise<void> {
    this.assertOpen()
    const copies = Array.from(values, (value) => value && new Uint8Array(value))
    for (const [index, key] of keys.entries()) this.put(key, copies[index])
    if (checkpoint !== undefined) {
      this.shelf.checkpoint = { ...checkpoint, inputs: { ...checkpoint.inputs } }
    }
  }

  put(key: string, value: Uint8Array | undefined): void {
    if (value === undefined) this.shelf.entries.delete(key)
    else this.shelf.entries.set(key, value)
  }

  compare(a: string, b: string): number {
    return a < b ? -1 : a > b ? 1 : 0
  }

  holds({ gte, lt }: KeyRange, key: string): boolean {
    return (gte === undefined || key >= gte) && (lt === undefined || key < lt)
  }

  select(range: KeyRange): Entry[] {
    const found = [...this.shelf.entries]
      .filter(([key]) => this.holds(range, key))
      .sort(([a], [b]) => this.compare(a, b))
    if (range.reverse) found.reverse()
    return found.slice(0, range.limit)
  }

  iterate(range: KeyRange): StoreIterator {
    this.assertOpen()
    return new ReferenceIterator(this, range)
  }

  async close(): Promise<void> {
    if (!this.isOpen) return
    this.isOpen = false
    this.release()
  }

  release(): void {
    this.shelf.open = false
    if (this.capabilities.persistent) return
    this.shelf.entries.clear()
    this.shelf.checkpoint = undefined
  }
}

export class ReferenceIterator implements StoreIterator {
  readonly store: ReferenceStore
  readonly range: KeyRange
  #entries: Entry[] | undefined
  #at = 0
  isOpen = true

  constructor(store: ReferenceStore, range: KeyRange) {
    this.store = store
    this.range = range
    if (store.capabilities.snapshots) this.#entries = store.select(range)
  }

  next(size: number): Awaitable<readonly Entry[]> {
    this.store.assertOpen()
    if (!this.isOpen) throw notOpen()
    return this.store.answer(this.read(size))
  }

  read(size: number): readonly Entry[] {
    // Without snapshots the rest of the walk is what the store held when it was first asked.
    this.#entries ??= this.store.select(this.range)
    const batch = this.#entries.slice(this.#at, this.#at + size)
    this.#at += batch.length
    return batch
  }

  close(): void {
    this.isOpen = false
  }
}

export function newShelf(): Shelf {
  return { entries: new Map(), checkpoint: undefined, open: false }
}

function locked({ topic, partition }: StoreName): GokaError {
  const details = { storage: 'reference', topic, partition, path: '' }
  return new GokaError('GOKA_STORAGE_LOCKED', `store ${topic}/${partition} is open`, details)
}

function notOpen(): GokaError {
  const details = { storage: 'reference', topic: '', partition: 0, path: '' }
  return new GokaError('GOKA_STORAGE_NOT_OPEN', 'the store is closed', details)
}

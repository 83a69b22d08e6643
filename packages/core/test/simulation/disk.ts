import {
  type Awaitable,
  type ByteString,
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
import type { Scheduler } from '@goka/kafka-embedded'

/** What a disk keeps of one store. */
export interface StoredFile {
  readonly name: StoreName
  values: Map<ByteString, Uint8Array>
  checkpoint: Checkpoint | undefined
  /** Whether it cannot be opened. */
  readonly isGarbled: boolean
  /** Whether nobody may believe what it holds. */
  readonly isSpoiled: boolean
}

/** Changes what a write does: a fault of the disk. */
export type WriteFault = (file: StoredFile, batch: StoreBatch) => StoreBatch

/**
 * The disk of an instance: its stores survive a crash, which frees their locks and leaves the writes under way undone.
 * Each write is one step of the scheduler, and reads are too if the disk is `slow`.
 */
export class Disk {
  readonly files = new Map<string, StoredFile>()
  /** Stores as they were. */
  readonly copies = new Map<string, StoredFile>()
  /** Called before each write, and after it. */
  onWrite: (when: 'before' | 'after') => void = () => {}
  /** Called before a store is dropped. */
  onDrop: (file: StoredFile) => void = () => {}
  readonly #scheduler: Scheduler
  readonly #lane: string
  readonly #slow: boolean
  readonly #fault: WriteFault
  #storage: DiskStorage | undefined

  constructor(lane: string, scheduler: Scheduler, slow: boolean, fault: WriteFault = same) {
    this.#lane = lane
    this.#scheduler = scheduler
    this.#slow = slow
    this.#fault = fault
  }

  /** The disk as the next process sees it. The one before has ended, however. */
  mount(): DiskStorage {
    this.#storage = new DiskStorage(this, this.#slow)
    return this.#storage
  }

  /** The process is gone. */
  crash(): void {
    this.#storage?.crash()
  }

  /** Everything is gone. */
  wipe(): void {
    this.files.clear()
  }

  /** The store of a partition of a topic, in whatever scope. */
  file(topic: string, partition: number): StoredFile | undefined {
    for (const file of this.files.values()) {
      if (file.name.topic === topic && file.name.partition === partition) return file
    }
    return undefined
  }

  /** Does something in a step of its own. */
  step(act: () => void): void {
    this.#scheduler.schedule(`disk ${this.#lane}`, act)
  }

  apply(file: StoredFile, batch: StoreBatch): void {
    const { keys, values, checkpoint } = this.#fault(file, batch)
    for (const [index, key] of keys.entries()) {
      const value = values[index]
      if (value === undefined) file.values.delete(key)
      else file.values.set(key, Uint8Array.from(value))
    }
    if (checkpoint !== undefined) file.checkpoint = { ...checkpoint }
  }
}

function same(_file: StoredFile, batch: StoreBatch): StoreBatch {
  return batch
}

function emptyFile(name: StoreName): StoredFile {
  return { name, values: new Map(), checkpoint: undefined, isGarbled: false, isSpoiled: false }
}

/** A disk as one process sees it. */
export class DiskStorage implements Storage {
  readonly name = 'disk'
  readonly capabilities: StorageCapabilities = { persistent: true, snapshots: true }
  readonly disk: Disk
  /** Whether reads are answered later. */
  readonly isSlow: boolean
  /** Where each store was when it was opened. */
  readonly openedAt = new Map<string, number>()
  readonly #open = new Set<string>()
  isDead = false

  constructor(disk: Disk, slow: boolean) {
    this.disk = disk
    this.isSlow = slow
  }

  crash(): void {
    this.isDead = true
  }

  async open(name: StoreName): Promise<Store> {
    await this.#turn()
    const id = idOf(name)
    this.#assertClosed(id, name)
    const file = this.disk.files.get(id) ?? emptyFile(name)
    if (file.isGarbled) {
      throw new GokaError('GOKA_STORAGE_CORRUPTED', 'the store is damaged', { ...detailsOf(name) })
    }
    this.disk.files.set(id, file)
    this.#open.add(id)
    this.openedAt.set(`${name.topic}/${name.partition}`, file.checkpoint?.position ?? 0)
    return new DiskStore(this, file, () => this.#open.delete(id))
  }

  async drop(name: StoreName): Promise<void> {
    await this.#turn()
    const id = idOf(name)
    this.#assertClosed(id, name)
    const file = this.disk.files.get(id)
    if (file !== undefined) this.disk.onDrop(file)
    this.disk.files.delete(id)
  }

  #assertClosed(id: string, name: StoreName): void {
    if (!this.#open.has(id)) return
    throw new GokaError('GOKA_STORAGE_LOCKED', 'the store is open', { ...detailsOf(name) })
  }

  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.disk.step(() => (this.isDead ? reject(gone('store')) : resolve()))
    })
  }
}

class DiskStore implements Store {
  readonly #storage: DiskStorage
  readonly #file: StoredFile
  readonly #onClose: () => void
  readonly #writing = new Set<Promise<void>>()
  #closed = false

  constructor(storage: DiskStorage, file: StoredFile, onClose: () => void) {
    this.#storage = storage
    this.#file = file
    this.#onClose = onClose
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#file.checkpoint
  }

  getMany(keys: readonly ByteString[]): Awaitable<(Uint8Array | undefined)[]> {
    this.#assertOpen()
    return this.#answer(() => keys.map((key) => this.#file.values.get(key)))
  }

  async write(batch: StoreBatch): Promise<void> {
    this.#assertOpen()
    const writing = new Promise<void>((resolve, reject) => {
      const { disk } = this.#storage
      disk.step(() => {
        if (!this.#storage.isDead) disk.onWrite('before')
        if (this.#storage.isDead) {
          reject(gone('store'))
          return
        }
        disk.apply(this.#file, batch)
        disk.onWrite('after')
        resolve()
      })
    })
    this.#writing.add(writing)
    try {
      await writing
    } finally {
      this.#writing.delete(writing)
    }
  }

  iterate({ gte, lt, reverse = false, limit }: KeyRange): StoreIterator {
    this.#assertOpen()
    const entries: Entry[] = [...this.#file.values]
      .filter(([key]) => (gte === undefined || key >= gte) && (lt === undefined || key < lt))
      .sort(([a], [b]) => (a < b ? -1 : 1))
    if (reverse) entries.reverse()
    const walk = entries.slice(0, limit)
    return {
      next: (size) => this.#answer(() => walk.splice(0, size)),
      close: () => {},
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.allSettled(this.#writing)
    this.#onClose()
  }

  #answer<Value>(read: () => Value): Awaitable<Value> {
    if (!this.#storage.isSlow) return read()
    return new Promise((resolve) => this.#storage.disk.step(() => resolve(read())))
  }

  #assertOpen(): void {
    if (this.#closed) throw gone('store')
  }
}

function gone(what: string): GokaError {
  return new GokaError('GOKA_STORAGE_NOT_OPEN', `the ${what} is closed`, {
    storage: 'disk',
    topic: '',
    partition: 0,
    path: '',
  })
}

function detailsOf({ topic, partition }: StoreName) {
  return { storage: 'disk', topic, partition, path: '' }
}

function idOf({ scope, topic, partition }: StoreName): string {
  return `${scope}|${topic}|${partition}`
}

import type {
  ByteString,
  Checkpoint,
  KeyRange,
  Store,
  StoreBatch,
  StoreIterator,
  StoreName,
} from '@goka/interface'
import { GokaError } from '@goka/interface'
import { KeyOrder } from './key-order.ts'
import type { SnapshotOwner } from './memory-iterator.ts'
import { MemoryIterator } from './memory-iterator.ts'
import { Snapshot } from './snapshot.ts'
import { storeDetails } from './store-details.ts'

/** A map of values, and the order of its keys for who walks over it. */
export class MemoryStore implements Store, SnapshotOwner {
  readonly #name: StoreName
  readonly #onClose: () => void
  readonly #order = new KeyOrder()
  readonly #held = new Set<Snapshot>()
  #values = new Map<ByteString, Uint8Array>()
  /** The snapshot of now: made since the last write, so that walks of the same state share it. */
  #latest: Snapshot | undefined
  #checkpoint: Checkpoint | undefined
  #closed = false

  constructor(name: StoreName, onClose: () => void) {
    this.#name = name
    this.#onClose = onClose
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint
  }

  getMany(keys: readonly ByteString[]): (Uint8Array | undefined)[] {
    this.assertOpen()
    const values = new Array<Uint8Array | undefined>(keys.length)
    for (let i = 0; i < keys.length; i++) values[i] = this.#values.get(keys[i] as ByteString)
    return values
  }

  async write(batch: StoreBatch): Promise<void> {
    this.assertOpen()
    const { keys, checkpoint } = batch
    // All copies before the first change, so that a batch that cannot be read changes nothing.
    const values = batch.values.map(copy)
    this.#latest = undefined
    for (let i = 0; i < keys.length; i++) this.#set(keys[i] as ByteString, values[i])
    if (checkpoint !== undefined) {
      this.#checkpoint = { ...checkpoint, inputs: { ...checkpoint.inputs } }
    }
  }

  iterate(range: KeyRange): StoreIterator {
    this.assertOpen()
    const snapshot = (this.#latest ??= new Snapshot(this.#order.of(this.#values), this.#values))
    snapshot.holders++
    this.#held.add(snapshot)
    return new MemoryIterator(this, snapshot, range)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#values = new Map()
    this.#held.clear()
    this.#latest = undefined
    this.#onClose()
  }

  #set(key: ByteString, value: Uint8Array | undefined): void {
    const before = this.#values.get(key)
    for (const snapshot of this.#held) snapshot.keep(key, before)
    if (value !== undefined) {
      this.#values.set(key, value)
      if (before === undefined) this.#order.add(key)
    } else if (before !== undefined) {
      this.#values.delete(key)
      this.#order.remove()
    }
  }

  release(snapshot: Snapshot): void {
    snapshot.holders--
    if (snapshot.holders === 0) this.#held.delete(snapshot)
  }

  assertOpen(): void {
    if (this.#closed) throw this.notOpen('store')
  }

  notOpen(what: 'store' | 'iterator'): Error {
    const { topic, partition } = this.#name
    return new GokaError(
      'GOKA_STORAGE_NOT_OPEN',
      `the ${what} of ${topic}/${partition} in memory was closed and cannot be used any more`,
      storeDetails(this.#name),
    )
  }
}

function copy(value: Uint8Array | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : new Uint8Array(value)
}

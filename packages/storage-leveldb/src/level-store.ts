import type {
  ByteString,
  Checkpoint,
  GokaError,
  KeyRange,
  Store,
  StoreBatch,
  StoreIterator,
} from '@goka/interface'
import { writeCheckpoint } from './checkpoint-record.ts'
import type { Database } from './database.ts'
import { BYTES_KEY, bytesOf, isAscii } from './database.ts'
import { LevelIterator } from './level-iterator.ts'
import type { StoreFailures } from './store-failures.ts'
import { CHECKPOINT_KEY, toStored } from './stored-key.ts'

/** A store over an open database. Reads of single keys are synchronous, which is many times faster than a promise each. */
export class LevelStore implements Store {
  readonly #db: Database
  readonly #failures: StoreFailures
  readonly #onClosed: () => void
  #checkpoint: Checkpoint | undefined
  /** Why no write is possible any more. */
  #stopped: GokaError | undefined
  #closing: Promise<void> | undefined

  constructor(
    db: Database,
    checkpoint: Checkpoint | undefined,
    failures: StoreFailures,
    onClosed: () => void,
  ) {
    this.#db = db
    this.#checkpoint = checkpoint
    this.#failures = failures
    this.#onClosed = onClosed
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint
  }

  getMany(keys: readonly ByteString[]): (Uint8Array | undefined)[] {
    this.#assertOpen()
    const values = new Array<Uint8Array | undefined>(keys.length)
    try {
      for (let i = 0; i < keys.length; i++) values[i] = this.#get(toStored(keys[i] as ByteString))
    } catch (error) {
      throw this.#failures.of('read', error)
    }
    return values
  }

  async write(batch: StoreBatch): Promise<void> {
    this.#assertOpen()
    if (this.#stopped !== undefined) throw this.#stopped
    const { checkpoint } = batch
    const next = checkpoint && { ...checkpoint, inputs: { ...checkpoint.inputs } }
    const operations = this.#db.batch()
    try {
      for (let i = 0; i < batch.keys.length; i++) {
        const key = toStored(batch.keys[i] as ByteString)
        const value = batch.values[i]
        if (isAscii(key)) {
          if (value === undefined) operations.del(key)
          else operations.put(key, value)
        } else if (value === undefined) operations.del(bytesOf(key), BYTES_KEY)
        else operations.put(bytesOf(key), value, BYTES_KEY)
      }
      if (next !== undefined) operations.put(CHECKPOINT_KEY, writeCheckpoint(next))
    } catch (error) {
      await operations.close()
      throw error
    }
    try {
      await operations.write()
    } catch (error) {
      this.#stopped = this.#failures.stopped(error)
      throw this.#failures.of('written', error)
    }
    if (next !== undefined) this.#checkpoint = next
  }

  iterate(range: KeyRange): StoreIterator {
    this.#assertOpen()
    return new LevelIterator(this.#db, range, this.#failures)
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    await this.#db.close()
    this.#onClosed()
  }

  #get(key: ByteString): Uint8Array | undefined {
    return isAscii(key) ? this.#db.getSync(key) : this.#db.getSync(bytesOf(key), BYTES_KEY)
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw this.#failures.notOpen('store')
  }
}

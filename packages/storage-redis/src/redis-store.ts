import type {
  ByteString,
  Checkpoint,
  GokaError,
  KeyRange,
  Logger,
  Store,
  StoreBatch,
  StoreIterator,
} from '@goka/interface'
import { writeCheckpoint } from './checkpoint-record.ts'
import type { Connection, PageRequest } from './connection.ts'
import { packedBatch } from './packed-batch.ts'
import { RedisIterator } from './redis-iterator.ts'
import type { StoreFailures } from './store-failures.ts'
import type { StoreKeys } from './store-keys.ts'

/** What an open store stands on. */
export interface OpenStore {
  readonly connection: Connection
  readonly keys: StoreKeys
  /** Who has it open. */
  readonly token: string
  readonly checkpoint: Checkpoint | undefined
  readonly failures: StoreFailures
  readonly log: Logger
  readonly renewEveryMs: number
  readonly onClosed: () => void
}

/**
 * A store that is open. Every read and write finds out whether the store still is what this one has written: it may have been
 * taken over once its lock had expired, and Redis may have lost writes.
 */
export class RedisStore implements Store {
  readonly #store: OpenStore
  readonly #failures: StoreFailures
  readonly #renewal: NodeJS.Timeout
  /** Reads and writes under way, for `close` to wait for. */
  readonly #running = new Set<Promise<unknown>>()
  #checkpoint: Checkpoint | undefined
  /** How many writes have been acknowledged. */
  #writes = 0
  /** Why nothing is possible any more. */
  #stopped: GokaError | undefined
  #closing: Promise<void> | undefined
  #renewing = false

  constructor(store: OpenStore) {
    this.#store = store
    this.#failures = store.failures
    this.#checkpoint = store.checkpoint
    this.#renewal = setInterval(() => void this.#renew(), store.renewEveryMs).unref()
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint
  }

  getMany(keys: readonly ByteString[]): Promise<(Uint8Array | undefined)[]> {
    this.#assertUsable()
    return this.#run('read', () => this.#getMany(keys))
  }

  async write(batch: StoreBatch): Promise<void> {
    this.#assertUsable()
    const packed = packedBatch(batch)
    const { checkpoint } = batch
    const next = checkpoint && { ...checkpoint, inputs: { ...checkpoint.inputs } }
    try {
      await this.#run('written', async () => {
        const { connection, keys, token } = this.#store
        const [previous, number] = [`${token}/${this.#writes}`, `${token}/${this.#writes + 1}`]
        const record = next === undefined ? '' : writeCheckpoint(next)
        const applied = await connection.write(keys, previous, number, record, packed)
        if (!applied) throw this.#lost()
      })
    } catch (error) {
      // It may have been applied all the same, so nothing may be read any more either.
      this.#stopped ??= this.#failures.stopped()
      throw error
    }
    this.#writes++
    if (next !== undefined) this.#checkpoint = next
  }

  iterate(range: KeyRange): StoreIterator {
    this.#assertUsable()
    return new RedisIterator(range, (request) => this.#page(request), this.#failures)
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #getMany(keys: readonly ByteString[]): Promise<(Uint8Array | undefined)[]> {
    if (keys.length === 0) return []
    const writes = this.#writes
    const [found, writer] = await this.#store.connection.getMany(this.#store.keys, keys)
    this.#assertOwn(writer, writes)
    const values = new Array<Uint8Array | undefined>(found.length)
    for (let i = 0; i < found.length; i++) {
      const value = found[i]
      // A copy, as it is a part of what came through the socket, which should not live as long as one value does.
      values[i] = value == null ? undefined : new Uint8Array(value)
    }
    return values
  }

  async #page(request: PageRequest): Promise<readonly Buffer[]> {
    this.#assertUsable('iterator')
    if (request.count === 0) return []
    return this.#run('read', async () => {
      const writes = this.#writes
      const [writer, ...page] = await this.#store.connection.page(this.#store.keys, request)
      this.#assertOwn(writer?.toString() ?? null, writes)
      if (page.includes(null)) throw this.#failures.corrupted('a key has no value')
      return page as Buffer[]
    })
  }

  async #close(): Promise<void> {
    const { connection, keys, token, log, onClosed } = this.#store
    clearInterval(this.#renewal)
    await Promise.allSettled(this.#running)
    try {
      await connection.close(keys, token)
    } catch (error) {
      const { message } = this.#failures.of('unlocked', error, connection.fault)
      log.warn({ reason: message }, 'a store in Redis stays locked until its lock expires')
    }
    onClosed()
  }

  async #renew(): Promise<void> {
    const { connection, keys, token, log } = this.#store
    if (this.#stopped !== undefined || this.#renewing) return
    this.#renewing = true
    try {
      const own = await connection.renew(keys, token)
      if (!own && this.#closing === undefined) throw this.#lost()
    } catch (error) {
      if (this.#closing !== undefined) return
      const { message } = this.#failures.of('locked on', error, connection.fault)
      log.warn({ reason: message }, 'the lock of a store in Redis could not be renewed')
    } finally {
      this.#renewing = false
    }
  }

  async #run<T>(doing: string, body: () => Promise<T>): Promise<T> {
    const running = body()
    this.#running.add(running)
    try {
      return await running
    } catch (error) {
      throw this.#failures.of(doing, error, this.#store.connection.fault)
    } finally {
      this.#running.delete(running)
    }
  }

  /** `writes`: how many were acknowledged before the read was sent. */
  #assertOwn(writer: string | null, writes: number): void {
    const [token, number] = writer?.split('/') ?? []
    if (token !== this.#store.token || Number(number) < writes) throw this.#lost()
  }

  #lost(): GokaError {
    return (this.#stopped = this.#failures.lost())
  }

  #assertUsable(what: 'store' | 'iterator' = 'store'): void {
    if (this.#closing !== undefined) throw this.#failures.notOpen(what)
    if (this.#stopped !== undefined) throw this.#stopped
  }
}

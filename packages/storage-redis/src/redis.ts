import { randomUUID } from 'node:crypto'
import type { Checkpoint, Storage, StorageContext, Store, StoreName } from '@goka/interface'
import { readCheckpoint } from './checkpoint-record.ts'
import { Connection } from './connection.ts'
import type { RedisSettings, RedisStorageOptions } from './options.ts'
import { redisSettings } from './options.ts'
import { RedisStore } from './redis-store.ts'
import { StoreFailures } from './store-failures.ts'
import { type StoreKeys, storeKeys } from './store-keys.ts'

export type { RedisClientOptions, RedisStorageOptions } from './options.ts'

/**
 * A storage that keeps its stores in Redis 5 or newer: of each the values in a hash and its keys in a sorted set. Values live in
 * the memory of Redis, so all of them have to fit in there.
 *
 * What a write has acknowledged outlives a kill of the process, and a kill of Redis as far as Redis is told to persist. When
 * Redis comes back with less than it has acknowledged, the store fails with `GOKA_STORAGE_UNAVAILABLE` instead of giving
 * older values; opened anew, it reads on from where it is. A walk sees writes that happen meanwhile. The stores that are
 * open share one connection; without one nothing is connected.
 *
 * @throws GokaError `GOKA_OPTION_INVALID`
 */
export function redis(options: RedisStorageOptions): Storage {
  return new RedisStorage(redisSettings(options))
}

class RedisStorage implements Storage {
  readonly name = 'redis'
  readonly capabilities = { persistent: true, snapshots: false } as const
  readonly #settings: RedisSettings
  readonly #connection: Connection

  constructor(settings: RedisSettings) {
    this.#settings = settings
    this.#connection = new Connection(settings)
  }

  async open(name: StoreName, { log }: StorageContext): Promise<Store> {
    const { keys, failures } = this.#locate(name)
    const connection = this.#connection
    const token = randomUUID()
    connection.hold()
    try {
      const checkpoint = await this.#lock(keys, token, failures)
      return new RedisStore({
        connection,
        keys,
        token,
        checkpoint,
        failures,
        log,
        renewEveryMs: this.#settings.lockTimeoutMs / 3,
        onClosed: () => {
          connection.release()
        },
      })
    } catch (error) {
      const { fault } = connection
      connection.release()
      throw failures.of('opened', error, fault)
    }
  }

  async drop(name: StoreName): Promise<void> {
    const { keys, failures } = this.#locate(name)
    this.#connection.hold()
    try {
      if (!(await this.#connection.drop(keys))) throw failures.locked()
    } catch (error) {
      throw failures.of('dropped', error, this.#connection.fault)
    } finally {
      this.#connection.release()
    }
  }

  async #lock(
    keys: StoreKeys,
    token: string,
    failures: StoreFailures,
  ): Promise<Checkpoint | undefined> {
    const policy = await this.#connection.evictionPolicy()
    if (policy?.startsWith('allkeys') === true) throw failures.evicts(policy)
    const [state, text] = await this.#connection.open(keys, token)
    if (state === 'locked') throw failures.locked()
    if (state === 'damaged') throw failures.corrupted(text ?? '')
    if (text == null) return undefined
    try {
      return readCheckpoint(text)
    } catch {
      await this.#connection.close(keys, token)
      throw failures.corrupted('its checkpoint cannot be read')
    }
  }

  #locate(name: StoreName): { keys: StoreKeys; failures: StoreFailures } {
    const keys = storeKeys(this.#settings.prefix, name)
    return { keys, failures: new StoreFailures(name, keys.tag, this.#settings.secrets) }
  }
}

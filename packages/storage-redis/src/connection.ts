import type { ByteString } from '@goka/interface'
import { Redis } from 'ioredis'
import type { RedisSettings } from './options.ts'
import type { PackedBatch } from './packed-batch.ts'
import { CLOSE, DROP, OPEN, PAGE, RENEW, WRITE } from './scripts.ts'
import type { StoreKeys } from './store-keys.ts'

type Call<Reply> = (...args: (string | number | Buffer)[]) => Promise<Reply>

interface Commands {
  /** As an array, as so many arguments of a function would not fit the stack. */
  hmgetBuffer(key: string, fields: readonly (string | Buffer)[]): Promise<(Buffer | null)[]>
  readonly gokaOpen: Call<[state: string, text?: string | null]>
  readonly gokaWrite: Call<number>
  readonly gokaPageBuffer: Call<(Buffer | null)[]>
  readonly gokaRenew: Call<number>
  readonly gokaClose: Call<number>
  readonly gokaDrop: Call<number>
}

/** Which entries of a store come next, in the words of ZRANGEBYLEX. */
export interface PageRequest {
  readonly command: 'ZRANGEBYLEX' | 'ZREVRANGEBYLEX'
  readonly from: Buffer
  readonly to: Buffer
  readonly count: number
  readonly bytes: number
}

const scripts = Object.fromEntries(
  Object.entries({
    gokaOpen: OPEN,
    gokaWrite: WRITE,
    gokaPage: PAGE,
    gokaRenew: RENEW,
    gokaClose: CLOSE,
    gokaDrop: DROP,
  }).map(([name, lua]) => [name, { lua, numberOfKeys: 4 }]),
)

/** Not ASCII: ioredis would send it as UTF-8. */
const NOT_ASCII = /[\x80-\xff]/

/** A connection to Redis, which all stores of a storage share. It is there as long as somebody holds it. */
export class Connection {
  readonly #settings: RedisSettings
  #client: (Redis & Commands) | undefined
  #holders = 0
  #fault: unknown

  constructor(settings: RedisSettings) {
    this.#settings = settings
  }

  /** Why there is no connection now, as far as that is known. */
  get fault(): unknown {
    return this.#fault
  }

  hold(): void {
    this.#holders++
    this.#client ??= this.#connect()
  }

  release(): void {
    this.#holders--
    if (this.#holders > 0) return
    this.#client?.disconnect()
    this.#client = undefined
    this.#fault = undefined
  }

  /** What Redis does when its memory is full: `'noeviction'`; `undefined` when the user must not know. */
  async evictionPolicy(): Promise<string | undefined> {
    try {
      const information = await this.#connected.info('memory')
      return /^maxmemory_policy:(\S+)/m.exec(information)?.[1]
    } catch (error) {
      if (String((error as { message?: unknown }).message).startsWith('NOPERM')) return undefined
      throw error
    }
  }

  open(keys: StoreKeys, token: string): Promise<[state: string, text?: string | null]> {
    return this.#connected.gokaOpen(...names(keys), token, this.#settings.lockTimeoutMs)
  }

  /** The values, and the writer of the store once they were read. */
  async getMany(
    store: StoreKeys,
    keys: readonly ByteString[],
  ): Promise<[values: (Buffer | null)[], writer: string | null]> {
    const fields = keys.map((key) => (NOT_ASCII.test(key) ? Buffer.from(key, 'latin1') : key))
    const client = this.#connected
    return Promise.all([
      client.hmgetBuffer(store.values, fields),
      client.hget(store.meta, 'writer'),
    ])
  }

  async write(
    keys: StoreKeys,
    previous: string,
    next: string,
    checkpoint: string,
    { removed, entries }: PackedBatch,
  ): Promise<boolean> {
    const parts = [previous, next, checkpoint, removed, entries]
    return (await this.#connected.gokaWrite(...names(keys), ...parts)) === 1
  }

  /** The writer of the store, then keys and values in turn. */
  page(
    keys: StoreKeys,
    { command, from, to, count, bytes }: PageRequest,
  ): Promise<(Buffer | null)[]> {
    return this.#connected.gokaPageBuffer(...names(keys), command, from, to, count, bytes)
  }

  async renew(keys: StoreKeys, token: string): Promise<boolean> {
    const { lockTimeoutMs } = this.#settings
    return (await this.#connected.gokaRenew(...names(keys), token, lockTimeoutMs)) === 1
  }

  async close(keys: StoreKeys, token: string): Promise<void> {
    await this.#connected.gokaClose(...names(keys), token)
  }

  async drop(keys: StoreKeys): Promise<boolean> {
    return (await this.#connected.gokaDrop(...names(keys))) === 1
  }

  get #connected(): Redis & Commands {
    if (this.#client === undefined) throw new Error('the connection is not held by anybody')
    return this.#client
  }

  #connect(): Redis & Commands {
    const { url, client: options, timeoutMs } = this.#settings
    const own = {
      ...options,
      scripts,
      // Commands wait for a lost connection to come back, but no longer than this.
      commandTimeout: timeoutMs,
      maxRetriesPerRequest: null,
    }
    const client = url === undefined ? new Redis(own) : new Redis(url, own)
    client.on('error', (error) => {
      this.#fault = error
    })
    client.on('ready', () => {
      this.#fault = undefined
    })
    return client as Redis & Commands
  }
}

function names({ lock, meta, values, order }: StoreKeys): [string, string, string, string] {
  return [lock, meta, values, order]
}

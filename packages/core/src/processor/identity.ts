import { randomUUID } from 'node:crypto'
import { isGokaError, type Logger, type Storage, type Store, type StoreName } from '@goka/interface'

/** A name that no topic can have: the store of an identity is beside those of the tables. */
const TOPIC = 'goka:instance'
const KEY = 'transactional.id'

/** How many instances may share a storage. */
const SLOTS = 1_000

/**
 * The `transactional.id` of an instance across its restarts, so that the transaction that a killed instance left open is ended by
 * itself when it comes back, and not by a time-out. It is kept in a store of its own, which is locked as long as the instance
 * runs; instances that share a storage take one each.
 */
export class Identity {
  readonly transactionalId: string
  readonly #store: Store | undefined

  private constructor(transactionalId: string, store: Store | undefined) {
    this.transactionalId = transactionalId
    this.#store = store
  }

  /** One that the user has chosen. */
  static of(transactionalId: string): Identity {
    return new Identity(transactionalId, undefined)
  }

  /** Takes the first identity of the storage that is free, or a new one. */
  static async claim(
    storage: Storage | undefined,
    scope: string,
    group: string,
    log: Logger,
  ): Promise<Identity> {
    const fresh = `${group}-${randomUUID()}`
    if (storage?.capabilities.persistent !== true) return new Identity(fresh, undefined)
    for (let partition = 0; partition < SLOTS; partition++) {
      const store = await openFree(storage, { scope, topic: TOPIC, partition }, log)
      if (store === undefined) continue
      const [known] = await store.getMany([KEY])
      if (known !== undefined) return new Identity(Buffer.from(known).toString(), store)
      await store.write({ keys: [KEY], values: [Buffer.from(fresh)], checkpoint: undefined })
      return new Identity(fresh, store)
    }
    return new Identity(fresh, undefined)
  }

  /** Lets another instance have it. */
  async release(): Promise<void> {
    await this.#store?.close()
  }
}

async function openFree(
  storage: Storage,
  name: StoreName,
  log: Logger,
): Promise<Store | undefined> {
  try {
    return await openOrRepair(storage, name, log)
  } catch (error) {
    if (isGokaError(error, 'GOKA_STORAGE_LOCKED')) return undefined
    throw error
  }
}

// With a damaged one nothing is lost but a name: what was left open under it is ended by a time-out.
async function openOrRepair(storage: Storage, name: StoreName, log: Logger): Promise<Store> {
  try {
    return await storage.open(name, { log })
  } catch (error) {
    if (!isGokaError(error, 'GOKA_STORAGE_CORRUPTED')) throw error
    log.warn({ err: error }, 'the store with the transactional.id is damaged: it is made anew')
    await storage.drop(name)
    return await storage.open(name, { log })
  }
}

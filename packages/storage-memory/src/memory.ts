import type { Storage, Store, StoreName } from '@goka/interface'
import { GokaError } from '@goka/interface'
import { MemoryStore } from './memory-store.ts'
import { storeDetails } from './store-details.ts'

/**
 * A storage that keeps its stores in the memory of the process: for tests, demos, and tables that are small enough to be
 * read anew from the changelog at each start. The values of a store live from its `open` to its `close`.
 *
 * Each value is a copy of its own, so that none keeps the memory of a larger batch. The first walk over a store sorts
 * its keys; later ones sort only those that are new.
 */
export function memory(): Storage {
  return new MemoryStorage()
}

class MemoryStorage implements Storage {
  readonly name = 'memory'
  readonly capabilities = { persistent: false, snapshots: true } as const
  readonly #open = new Set<string>()

  async open(name: StoreName): Promise<Store> {
    const id = storeId(name)
    this.#assertClosed(id, name, 'opened again')
    this.#open.add(id)
    return new MemoryStore(name, () => this.#open.delete(id))
  }

  async drop(name: StoreName): Promise<void> {
    this.#assertClosed(storeId(name), name, 'dropped')
  }

  #assertClosed(id: string, name: StoreName, intent: string): void {
    if (!this.#open.has(id)) return
    throw new GokaError(
      'GOKA_STORAGE_LOCKED',
      `the memory store of ${name.topic}/${name.partition} is open; close it before it is ${intent}`,
      storeDetails(name),
    )
  }
}

function storeId({ scope, topic, partition }: StoreName): string {
  return JSON.stringify([scope, topic, partition])
}

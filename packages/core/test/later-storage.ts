import type { Storage, Store, StoreIterator } from '@goka/interface'

/** A storage that answers later, as one over a network does: for what is done while it is waited for. */
export function laterStorage(storage: Storage): Storage {
  return {
    name: `later ${storage.name}`,
    capabilities: storage.capabilities,
    open: async (name, context) => laterStore(await storage.open(name, context)),
    drop: (name) => storage.drop(name),
  }
}

function laterStore(store: Store): Store {
  return {
    get checkpoint() {
      return store.checkpoint
    },
    async getMany(keys) {
      // What is read is what was there when it was asked for.
      const found = await store.getMany(keys)
      await turns(2)
      return found
    },
    async write(batch) {
      await turns(3)
      await store.write(batch)
      await turns(1)
    },
    iterate(range): StoreIterator {
      const iterator = store.iterate(range)
      return {
        async next(size) {
          await turns(1)
          return iterator.next(size)
        },
        async close() {
          await turns(1)
          await iterator.close()
        },
      }
    },
    async close() {
      await turns(1)
      await store.close()
    },
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

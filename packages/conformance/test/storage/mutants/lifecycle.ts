import type { KeyRange, Store, StoreBatch, StoreIterator, StoreName } from '@goka/interface'
import { newShelf, ReferenceStorage, ReferenceStore, type Shelf } from '../reference-storage.ts'
import { ofStorage, ofStore, type StorageMutant } from './mutant.ts'

export const lifecycleMutants: readonly StorageMutant[] = [
  ofStore(
    'forgets everything though persistent',
    'a closed store is as it was where the storage is persistent, and empty where it is not',
    class extends ReferenceStore {
      override release(): void {
        super.release()
        this.shelf.entries.clear()
      }
    },
  ),
  ofStore(
    'keeps everything though not persistent',
    'a closed store is as it was where the storage is persistent, and empty where it is not',
    class extends ReferenceStore {
      override release(): void {
        this.shelf.open = false
      }
    },
    { persistent: false },
  ),
  ofStorage(
    'keeps everything in the object though persistent',
    'another storage over the same place finds what was written where it is persistent',
    class extends ReferenceStorage {
      override readonly shelves = new Map<string, Shelf>()
    },
  ),
  ofStorage(
    'opens a store twice',
    'a store cannot be open twice',
    class extends ReferenceStorage {
      override async open(name: StoreName): Promise<Store> {
        const shelf = this.shelves.get(this.path(name)) ?? newShelf()
        this.shelves.set(this.path(name), shelf)
        return this.store(shelf)
      }
    },
  ),
  ofStorage(
    'locks a store after a wait',
    'of two that open a store at the same time one succeeds',
    class extends ReferenceStorage {
      override async open(name: StoreName): Promise<Store> {
        const shelf = this.shelves.get(this.path(name)) ?? newShelf()
        this.shelves.set(this.path(name), shelf)
        if (shelf.open) return super.open(name)
        await Promise.resolve()
        shelf.open = true
        return this.store(shelf)
      }
    },
  ),
  ofStorage(
    'locks within one object only',
    'a store that another storage has open is locked where the storage is persistent',
    class extends ReferenceStorage {
      readonly #opened = new Set<string>()
      override async open(name: StoreName): Promise<Store> {
        const shelf = this.shelves.get(this.path(name))
        if (shelf !== undefined && !this.#opened.has(this.path(name))) shelf.open = false
        this.#opened.add(this.path(name))
        return super.open(name)
      }
    },
  ),
  ofStorage(
    'joins names to a path',
    'stores of different scopes, topics and partitions are apart',
    class extends ReferenceStorage {
      override path({ scope, topic, partition }: StoreName): string {
        return new URL(`${scope}/${topic}/${partition}`, 'file:///').pathname
      }
    },
  ),
  ofStorage(
    'has no scopes',
    'stores of different scopes, topics and partitions are apart',
    class extends ReferenceStorage {
      override path(name: StoreName): string {
        return super.path({ ...name, scope: '' })
      }
    },
  ),
  ofStorage(
    'opens eight stores at most',
    'many stores can be open at a time',
    class extends ReferenceStorage {
      override async open(name: StoreName): Promise<Store> {
        if (this.shelves.size >= 8) throw new Error('too many')
        return super.open(name)
      }
    },
  ),
  ofStore(
    'reads after its close',
    'after a close every call fails with its code',
    class extends ReferenceStore {
      override getMany(keys: readonly string[]) {
        return this.answer(keys.map((key) => this.shelf.entries.get(key)))
      }
    },
  ),
  ofStore(
    'fails after its close without a code',
    'after a close every call fails with its code',
    class extends ReferenceStore {
      override assertOpen(): void {
        if (!this.isOpen) throw new Error('closed')
      }
    },
  ),
  ofStore(
    'writes after its close',
    'a write after a close changes nothing',
    class extends ReferenceStore {
      override async write(batch: StoreBatch): Promise<void> {
        for (const [index, key] of batch.keys.entries()) this.put(key, batch.values[index])
        await super.write(batch)
      }
    },
  ),
  ofStore(
    'cannot be closed twice',
    'a store may be closed again, and several times at once',
    class extends ReferenceStore {
      override async close(): Promise<void> {
        this.assertOpen()
        await super.close()
      }
    },
  ),
  ofStore(
    'releases the lock of a later store at a second close',
    'a store may be closed again, and several times at once',
    class extends ReferenceStore {
      override async close(): Promise<void> {
        this.isOpen = false
        this.release()
      }
    },
  ),
  ofStore(
    'refuses to close with an open iterator',
    'a close ends open iterators',
    class extends ReferenceStore {
      #iterators = 0
      override iterate(range: KeyRange): StoreIterator {
        this.#iterators++
        return super.iterate(range)
      }
      override async close(): Promise<void> {
        if (this.#iterators > 0) throw new Error('an iterator is open')
        await super.close()
      }
    },
  ),
  ofStore(
    'cuts off running writes at a close',
    'a close waits for running reads and writes',
    class extends ReferenceStore {
      override async write(batch: StoreBatch): Promise<void> {
        this.assertOpen()
        await new Promise((resolve) => setImmediate(resolve))
        await super.write(batch)
      }
    },
  ),
  ofStorage(
    'drops nothing',
    'a dropped store is new when it is opened again',
    class extends ReferenceStorage {
      override async drop(): Promise<void> {}
    },
  ),
  ofStorage(
    'drops the values and keeps the checkpoint',
    'a dropped store is new when it is opened again',
    class extends ReferenceStorage {
      override async drop(name: StoreName): Promise<void> {
        this.shelves.get(this.path(name))?.entries.clear()
      }
    },
  ),
  ofStorage(
    'fails to drop what is not there',
    'a store that is not there can be dropped',
    class extends ReferenceStorage {
      override async drop(name: StoreName): Promise<void> {
        if (!this.shelves.has(this.path(name))) throw new Error('not found')
        await super.drop(name)
      }
    },
  ),
  ofStorage(
    'drops an open store',
    'an open store cannot be dropped',
    class extends ReferenceStorage {
      override async drop(name: StoreName): Promise<void> {
        this.shelves.get(this.path(name))?.entries.clear()
      }
    },
  ),
  ofStorage(
    'drops what another storage has open',
    'a store that another storage has open cannot be dropped where the storage is persistent',
    class extends ReferenceStorage {
      readonly #opened = new Set<string>()
      override async open(name: StoreName): Promise<Store> {
        this.#opened.add(this.path(name))
        return super.open(name)
      }
      override async drop(name: StoreName): Promise<void> {
        if (this.#opened.has(this.path(name))) await super.drop(name)
        else this.shelves.delete(this.path(name))
      }
    },
  ),
  ofStorage(
    'drops what lies in the folder of a store',
    'dropping a store leaves every other one',
    class extends ReferenceStorage {
      override path({ scope, topic, partition }: StoreName): string {
        return `${scope.replaceAll('.', '%2e')}/${topic}/${partition}`
      }
      override async drop(name: StoreName): Promise<void> {
        await super.drop(name)
        for (const path of this.shelves.keys()) {
          if (path.startsWith(`${this.path(name)}/`)) this.shelves.delete(path)
        }
      }
    },
  ),
  ofStorage(
    'has no name',
    'a storage has a name and capabilities',
    class extends ReferenceStorage {
      override readonly name = ''
    },
  ),
]

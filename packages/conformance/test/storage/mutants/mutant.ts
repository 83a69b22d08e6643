import type { KeyRange, StorageCapabilities, StoreIterator } from '@goka/interface'
import type { CreateStorage } from '../../../src/storage.ts'
import {
  ReferenceIterator,
  ReferenceStorage,
  ReferenceStore,
  type Shelf,
} from '../reference-storage.ts'

/** A storage with one defect, and the test that has to find it. */
export interface StorageMutant {
  readonly defect: string
  readonly foundBy: string
  readonly createStorage: CreateStorage
}

type Shelves = Map<string, Shelf>
type StorageClass = new (capabilities: StorageCapabilities, shelves?: Shelves) => ReferenceStorage
type StoreClass = new (shelf: Shelf, capabilities: StorageCapabilities) => ReferenceStore

const CAPABILITIES: StorageCapabilities = { persistent: true, snapshots: true }

/** Storages over places that live as long as the function. Without persistence each is on its own. */
export function reference(
  capabilities: StorageCapabilities = CAPABILITIES,
  Class: StorageClass = ReferenceStorage,
): CreateStorage {
  const places = new Map<string, Shelves>()
  return (place) => {
    if (!capabilities.persistent) return new Class(capabilities)
    const shelves = places.get(place) ?? new Map<string, Shelf>()
    places.set(place, shelves)
    return new Class(capabilities, shelves)
  }
}

export function ofStorage(
  defect: string,
  foundBy: string,
  Class: StorageClass,
  capabilities?: Partial<StorageCapabilities>,
): StorageMutant {
  return {
    defect,
    foundBy,
    createStorage: reference({ ...CAPABILITIES, ...capabilities }, Class),
  }
}

export function ofStore(
  defect: string,
  foundBy: string,
  Class: StoreClass,
  capabilities?: Partial<StorageCapabilities>,
): StorageMutant {
  class Mutant extends ReferenceStorage {
    override store(shelf: Shelf): ReferenceStore {
      return new Class(shelf, this.capabilities)
    }
  }
  return ofStorage(defect, foundBy, Mutant, capabilities)
}

export function ofIterator(
  defect: string,
  foundBy: string,
  Class: new (store: ReferenceStore, range: KeyRange) => ReferenceIterator,
): StorageMutant {
  class Mutant extends ReferenceStore {
    override iterate(range: KeyRange): StoreIterator {
      this.assertOpen()
      return new Class(this, range)
    }
  }
  return ofStore(defect, foundBy, Mutant)
}

/** A defect in how keys are turned into what the storage keeps. */
export function ofKey(
  defect: string,
  foundBy: string,
  encode: (key: string) => string,
): StorageMutant {
  class Mutant extends ReferenceStore {
    override getMany(keys: readonly string[]) {
      return super.getMany(keys.map(encode))
    }
    override put(key: string, value: Uint8Array | undefined): void {
      super.put(encode(key), value)
    }
  }
  return ofStore(defect, foundBy, Mutant)
}

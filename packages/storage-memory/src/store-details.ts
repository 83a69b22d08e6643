import type { StoreDetails, StoreName } from '@goka/interface'

/** Where an error happened; a store in memory has no path. */
export function storeDetails({ topic, partition }: StoreName): StoreDetails {
  return { storage: 'memory', topic, partition, path: '' }
}

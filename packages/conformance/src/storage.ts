import type { KnownFailure, SuiteOptions, TestRunner } from './runner.ts'
import { checkpointTests } from './storage/checkpoint.ts'
import { closeTests } from './storage/close.ts'
import { dropTests } from './storage/drop.ts'
import { iteratorTests } from './storage/iterator.ts'
import { keyTests } from './storage/keys.ts'
import { memoryTests } from './storage/memory.ts'
import { modelTests } from './storage/model.ts'
import { openTests } from './storage/open.ts'
import { rangeTests } from './storage/ranges.ts'
import { type CreateStorage, runStorageCase } from './storage/storage-case.ts'
import { valueTests } from './storage/values.ts'
import { writeTests } from './storage/write.ts'
import { defineSuite } from './suite.ts'

export type { CreateStorage, KnownFailure, SuiteOptions, TestRunner }

export interface StorageSuiteOptions extends SuiteOptions {
  readonly createStorage: CreateStorage
}

/** What `testStorage` gives each test: enough for a large value on a slow disk. */
const TIMEOUT_MS = 30_000

/**
 * Tests that a storage keeps the contract of `Storage`, `Store` and `StoreIterator`. Which side of a capability is
 * tested, `storage.capabilities` says.
 *
 * ```ts
 * testStorage({
 *   runner: { describe, it },
 *   createStorage: (place) => leveldb({ path: join(folder, place) }),
 * })
 * ```
 */
export function testStorage(options: StorageSuiteOptions): void {
  const chapters = {
    keys: keyTests,
    values: valueTests,
    ranges: rangeTests,
    iterators: iteratorTests,
    writes: writeTests,
    memory: memoryTests,
    checkpoint: checkpointTests,
    open: openTests,
    close: closeTests,
    drop: dropTests,
    model: modelTests,
  }
  defineSuite('storage', chapters, options, TIMEOUT_MS, (body) =>
    runStorageCase(options.createStorage, body),
  )
}

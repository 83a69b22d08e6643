import type { StorageCapabilities } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { testStorage } from '../../src/storage.ts'
import { collectTests, failures } from '../collect-tests.ts'
import { checkpointMutants } from './mutants/checkpoint.ts'
import { iteratorMutants } from './mutants/iterators.ts'
import { keyMutants } from './mutants/keys.ts'
import { lifecycleMutants } from './mutants/lifecycle.ts'
import { reference } from './mutants/mutant.ts'
import { rangeMutants } from './mutants/ranges.ts'
import { valueMutants } from './mutants/values.ts'
import { writeMutants } from './mutants/writes.ts'
import { ReferenceStorage, ReferenceStore, type Shelf } from './reference-storage.ts'

// What a mutant is found by is drawn: the same in every run here, so that what was found once is found again.
fc.configureGlobal({ seed: 20_261_122 })

const storageMutants = [
  ...keyMutants,
  ...valueMutants,
  ...rangeMutants,
  ...iteratorMutants,
  ...writeMutants,
  ...checkpointMutants,
  ...lifecycleMutants,
]

const both = [false, true]
const combinations: StorageCapabilities[] = both.flatMap((persistent) =>
  both.map((snapshots) => ({ persistent, snapshots })),
)

/** One that answers at once. */
class PromptStore extends ReferenceStore {
  override answer<T>(value: T): T {
    return value
  }
}

class PromptStorage extends ReferenceStorage {
  override store(shelf: Shelf): ReferenceStore {
    return new PromptStore(shelf, this.capabilities)
  }
}

describe('testStorage', () => {
  it.each(combinations)('finds nothing in a storage without defects: %j', async (capabilities) => {
    for (const Class of [ReferenceStorage, PromptStorage]) {
      const tests = collectTests((runner) => {
        testStorage({ runner, createStorage: reference(capabilities, Class) })
      })
      expect(tests.size).toBeGreaterThan(50)
      expect(await failures(tests)).toEqual([])
    }
  })

  it.each(storageMutants)('finds a storage that $defect', async ({ foundBy, createStorage }) => {
    const tests = collectTests((runner) => {
      testStorage({ runner, createStorage })
    })
    const test = tests.get(foundBy)
    if (test === undefined) throw new Error(`there is no test "${foundBy}"`)
    expect(await failures(new Map([[foundBy, test]]))).toEqual([foundBy])
  })

  it('has a mutant for every test', () => {
    const tests = collectTests((runner) => {
      testStorage({ runner, createStorage: reference() })
    })
    const found = new Set(storageMutants.map(({ foundBy }) => foundBy))
    expect([...tests.keys()].filter((name) => !found.has(name))).toEqual([])
  })
})

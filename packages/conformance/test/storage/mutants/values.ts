import { ReferenceStore } from '../reference-storage.ts'
import { ofStore, type StorageMutant } from './mutant.ts'

const EMPTY = new Uint8Array(0)

export const valueMutants: readonly StorageMutant[] = [
  ofStore(
    'drops empty values',
    'an empty value is a value',
    class extends ReferenceStore {
      override put(key: string, value: Uint8Array | undefined): void {
        super.put(key, value?.length === 0 ? undefined : value)
      }
    },
  ),
  ofStore(
    'answers absent keys with an empty value',
    'a key that was never written has no value',
    class extends ReferenceStore {
      override getMany(keys: readonly string[]) {
        return this.answer(keys.map((key) => this.shelf.entries.get(key) ?? EMPTY))
      }
    },
  ),
  ofStore(
    'keeps values as text',
    'a value of any bytes comes back unchanged',
    class extends ReferenceStore {
      override put(key: string, value: Uint8Array | undefined): void {
        super.put(key, value && Buffer.from(Buffer.from(value).toString('utf8')))
      }
    },
  ),
  ofStore(
    'cuts values at 64 kB',
    'a value of 1 MB comes back unchanged',
    class extends ReferenceStore {
      override put(key: string, value: Uint8Array | undefined): void {
        super.put(key, value?.slice(0, 65_536))
      }
    },
  ),
  ofStore(
    'leaves missing keys out of getMany',
    'getMany answers in the order of the keys, with gaps and repeats',
    class extends ReferenceStore {
      override getMany(keys: readonly string[]) {
        const { entries } = this.shelf
        return this.answer(keys.filter((key) => entries.has(key)).map((key) => entries.get(key)))
      }
    },
  ),
  ofStore(
    'answers each key once',
    'getMany answers in the order of the keys, with gaps and repeats',
    class extends ReferenceStore {
      override getMany(keys: readonly string[]) {
        return super.getMany([...new Set(keys)])
      }
    },
  ),
  ofStore(
    'answers in the order of the store',
    'getMany answers in the order of the keys, with gaps and repeats',
    class extends ReferenceStore {
      override getMany(keys: readonly string[]) {
        return super.getMany(keys.toSorted())
      }
    },
  ),
  ofStore(
    'answers at most 1000 keys',
    'getMany of thousands of keys answers each',
    class extends ReferenceStore {
      override getMany(keys: readonly string[]) {
        return super.getMany(keys.slice(0, 1000))
      }
    },
  ),
  ofStore(
    'fails to read no keys',
    'getMany of no keys is an empty array',
    class extends ReferenceStore {
      override getMany(keys: readonly string[]) {
        if (keys.length === 0) throw new Error('no keys')
        return super.getMany(keys)
      }
    },
  ),
  ofStore(
    'has one array for the answers of all reads',
    'several reads at a time do not disturb each other',
    class extends ReferenceStore {
      readonly #answer: (Uint8Array | undefined)[] = []
      override getMany(keys: readonly string[]) {
        for (const [index, key] of keys.entries()) this.#answer[index] = this.shelf.entries.get(key)
        return this.answer(this.#answer)
      }
    },
  ),
]

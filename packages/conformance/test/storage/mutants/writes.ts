import type { StoreBatch } from '@goka/interface'
import { ReferenceStore } from '../reference-storage.ts'
import { ofStore, type StorageMutant } from './mutant.ts'

const EMPTY = new Uint8Array(0)

export const writeMutants: readonly StorageMutant[] = [
  ofStore(
    'ignores deletes',
    'a write replaces, adds and deletes at once',
    class extends ReferenceStore {
      override put(key: string, value: Uint8Array | undefined): void {
        if (value !== undefined) super.put(key, value)
      }
    },
  ),
  ofStore(
    'fails to delete what is not there',
    'deleting a key that is not there is no error',
    class extends ReferenceStore {
      override put(key: string, value: Uint8Array | undefined): void {
        if (value === undefined && !this.shelf.entries.has(key)) throw new Error('not found')
        super.put(key, value)
      }
    },
  ),
  ofStore(
    'never writes a deleted key again',
    'a key may be written, deleted and written again, batch by batch',
    class extends ReferenceStore {
      readonly #deleted = new Set<string>()
      override put(key: string, value: Uint8Array | undefined): void {
        if (value === undefined) this.#deleted.add(key)
        if (value === undefined || !this.#deleted.has(key)) super.put(key, value)
      }
    },
  ),
  ofStore(
    'clears the store at an empty batch',
    'an empty batch changes nothing',
    class extends ReferenceStore {
      override async write(batch: StoreBatch): Promise<void> {
        if (batch.keys.length === 0) this.shelf.entries.clear()
        await super.write(batch)
      }
    },
  ),
  ofStore(
    'takes 10 000 entries of a batch',
    'a batch of thousands of entries is written whole',
    class extends ReferenceStore {
      override write({ keys, values, checkpoint }: StoreBatch): Promise<void> {
        const batch = { keys: keys.slice(0, 10_000), values: values.slice(0, 10_000), checkpoint }
        return super.write(batch)
      }
    },
  ),
  ofStore(
    'applies a batch entry by entry',
    'a write that rejects leaves nothing behind',
    class extends ReferenceStore {
      override async write({ keys, values, checkpoint }: StoreBatch): Promise<void> {
        this.assertOpen()
        for (const [index, key] of keys.entries()) {
          const value = values[index]
          this.put(key, value && new Uint8Array(value))
        }
        await super.write({ keys: [], values: [], checkpoint })
      }
    },
  ),
  ofStore(
    'writes the checkpoint before the values',
    'a write that rejects leaves nothing behind',
    class extends ReferenceStore {
      override async write(batch: StoreBatch): Promise<void> {
        await super.write({ keys: [], values: [], checkpoint: batch.checkpoint })
        await super.write(batch)
      }
    },
  ),
  ofStore(
    'shows deleted keys while it writes',
    'a read beside a write finds the old or the new value of each key',
    class extends ReferenceStore {
      override async write(batch: StoreBatch): Promise<void> {
        for (const key of batch.keys) this.put(key, EMPTY)
        await new Promise((resolve) => setImmediate(resolve))
        await super.write(batch)
      }
    },
  ),
  ofStore(
    'keeps the whole memory of a value',
    'a value that is a part of larger memory is stored without its surroundings',
    class extends ReferenceStore {
      override async write({ keys, values, checkpoint }: StoreBatch): Promise<void> {
        const whole = values.map((value) => value && new Uint8Array(value.buffer))
        await super.write({ keys, values: whole, checkpoint })
      }
    },
  ),
  ofStore(
    'keeps the memory of the caller',
    'the caller may reuse the memory of a batch once the write has settled',
    class extends ReferenceStore {
      override async write({ keys, values, checkpoint }: StoreBatch): Promise<void> {
        for (const [index, key] of keys.entries()) this.put(key, values[index])
        await super.write({ keys: [], values: [], checkpoint })
      }
    },
  ),
  ofStore(
    'copies values by slice, which copies nothing of a Buffer',
    'the caller may reuse the memory of a batch once the write has settled',
    class extends ReferenceStore {
      override async write({ keys, values, checkpoint }: StoreBatch): Promise<void> {
        for (const [index, key] of keys.entries()) this.put(key, values[index]?.slice())
        await super.write({ keys: [], values: [], checkpoint })
      }
    },
  ),
  ofStore(
    'keeps the checkpoint of the caller',
    'the caller may reuse a checkpoint once the write has settled',
    class extends ReferenceStore {
      override async write(batch: StoreBatch): Promise<void> {
        await super.write(batch)
        if (batch.checkpoint !== undefined) this.shelf.checkpoint = batch.checkpoint
      }
    },
  ),
  ofStore(
    'writes into the memory of the old value',
    'what was read stays as it is when the store changes',
    class extends ReferenceStore {
      override put(key: string, value: Uint8Array | undefined): void {
        const old = this.shelf.entries.get(key)
        if (old !== undefined && old.length === value?.length) old.set(value)
        else super.put(key, value)
      }
    },
  ),
]

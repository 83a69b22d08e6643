import type { Entry, KeyRange, StoreIterator } from '@goka/interface'
import { ReferenceIterator, ReferenceStore } from '../reference-storage.ts'
import { ofIterator, ofStore, type StorageMutant } from './mutant.ts'

export const iteratorMutants: readonly StorageMutant[] = [
  ofIterator(
    'returns one entry more than asked for',
    'next returns at most as many entries as asked for, and all of them in the end',
    class extends ReferenceIterator {
      override read(size: number): readonly Entry[] {
        return super.read(size + 1)
      }
    },
  ),
  ofIterator(
    'loses an entry between two calls',
    'next returns at most as many entries as asked for, and all of them in the end',
    class extends ReferenceIterator {
      override read(size: number): readonly Entry[] {
        const batch = super.read(size)
        super.read(1)
        return batch
      }
    },
  ),
  ofIterator(
    'keeps the size of the first call',
    'the size may change from one next to the other',
    class extends ReferenceIterator {
      #size: number | undefined
      override read(size: number): readonly Entry[] {
        this.#size ??= size * 4
        return super.read(Math.min(this.#size, 29)).slice(0, size)
      }
    },
  ),
  ofIterator(
    'starts over after the end',
    'the end stays the end',
    class extends ReferenceIterator {
      #again: ReferenceIterator | undefined
      override read(size: number): readonly Entry[] {
        const batch = super.read(size)
        if (batch.length > 0) return batch
        if (this.#again === undefined) {
          this.#again = new ReferenceIterator(this.store, this.range)
          return batch
        }
        return this.#again.read(size)
      }
    },
  ),
  ofStore(
    'has one iterator for all',
    'iterators are independent of each other',
    class extends ReferenceStore {
      #iterator: StoreIterator | undefined
      override iterate(range: KeyRange): StoreIterator {
        this.#iterator ??= super.iterate(range)
        return this.#iterator
      }
    },
  ),
  ofIterator(
    'goes on after its close',
    'after its close an iterator throws, and may be closed again',
    class extends ReferenceIterator {
      override close(): void {}
    },
  ),
  ofIterator(
    'cannot be closed twice',
    'after its close an iterator throws, and may be closed again',
    class extends ReferenceIterator {
      override close(): void {
        if (!this.isOpen) throw new Error('closed already')
        super.close()
      }
    },
  ),
  ofIterator(
    'is still open where it was closed during a next',
    'an iterator may be closed while a next is under way',
    class extends ReferenceIterator {
      #running = 0
      override async next(size: number): Promise<readonly Entry[]> {
        this.#running++
        await Promise.resolve()
        const batch = await super.next(size)
        this.#running--
        return batch
      }
      override close(): void {
        if (this.#running === 0) super.close()
      }
    },
  ),
  ofStore(
    'takes its snapshot at the first next',
    'an iterator over writes sees what the snapshots capability promises',
    class extends ReferenceStore {
      override iterate(range: KeyRange): StoreIterator {
        let iterator: StoreIterator | undefined
        return {
          next: (size) => {
            iterator ??= super.iterate(range)
            return iterator.next(size)
          },
          close: () => iterator?.close(),
        }
      }
    },
  ),
  ofStore(
    'counts where it is in a store that changes',
    'an iterator over writes sees what the snapshots capability promises',
    class extends ReferenceStore {
      override iterate(range: KeyRange): StoreIterator {
        let at = 0
        return {
          next: async (size) => {
            const batch = this.select(range).slice(at, at + size)
            at += batch.length
            return batch
          },
          close: () => {},
        }
      }
    },
    { snapshots: false },
  ),
  ofStore(
    'walks over 5000 keys at most',
    'a walk over 10 000 keys finds each once and in order, both ways',
    class extends ReferenceStore {
      override select(range: KeyRange): Entry[] {
        return super.select(range).slice(0, 5000)
      }
    },
  ),
  ofIterator(
    'loses entries where a batch has more than 1 MB',
    'large values do not break a batch of entries',
    class extends ReferenceIterator {
      override read(size: number): readonly Entry[] {
        let bytes = 0
        return super.read(size).filter(([, value]) => {
          bytes += value.length
          return bytes < 1 << 20
        })
      }
    },
  ),
  ofStore(
    'takes keys with two 0xFF for the end of a walk',
    'a store behaves as an ordered map whatever is done to it',
    class extends ReferenceStore {
      override holds(range: KeyRange, key: string): boolean {
        return super.holds(range, key) && !(range.reverse === true && key.startsWith('\xff'))
      }
    },
  ),
]

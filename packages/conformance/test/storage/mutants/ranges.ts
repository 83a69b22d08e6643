import type { Entry, KeyRange } from '@goka/interface'
import { ReferenceStore } from '../reference-storage.ts'
import { ofStore, type StorageMutant } from './mutant.ts'

export const rangeMutants: readonly StorageMutant[] = [
  ofStore(
    'excludes the start of a range',
    'gte is inclusive and lt is exclusive',
    class extends ReferenceStore {
      override holds(range: KeyRange, key: string): boolean {
        return super.holds(range, key) && key !== range.gte
      }
    },
  ),
  ofStore(
    'includes the end of a range',
    'gte is inclusive and lt is exclusive',
    class extends ReferenceStore {
      override holds(range: KeyRange, key: string): boolean {
        return super.holds(range, key) || (range.lt === key && key >= (range.gte ?? ''))
      }
    },
  ),
  ofStore(
    'swaps the bounds of a reverse walk',
    'gte is inclusive and lt is exclusive',
    class extends ReferenceStore {
      override select(range: KeyRange): Entry[] {
        const { gte, lt, ...other } = range
        if (!range.reverse || gte === undefined || lt === undefined) return super.select(range)
        return super.select({ ...other, gte: lt, lt: gte })
      }
    },
  ),
  ofStore(
    'turns a range around when its end is before its start',
    'a range whose end is not after its start is empty',
    class extends ReferenceStore {
      override select(range: KeyRange): Entry[] {
        const { gte, lt } = range
        if (gte === undefined || lt === undefined || gte <= lt) return super.select(range)
        return super.select({ ...range, gte: lt, lt: gte })
      }
    },
  ),
  ofStore(
    'takes an empty bound for none',
    'the empty string is a bound',
    class extends ReferenceStore {
      override holds({ gte, lt }: KeyRange, key: string): boolean {
        return (!gte || key >= gte) && (!lt || key < lt)
      }
    },
  ),
  ofStore(
    'treats 0xFF as the end of all keys',
    'a prefix is a range, also where it ends in 0xFF',
    class extends ReferenceStore {
      override holds(range: KeyRange, key: string): boolean {
        return super.holds(range, key) && key < '\xff'
      }
    },
  ),
  ofStore(
    'compares bounds without case',
    'bounds are bytes, not letters',
    class extends ReferenceStore {
      override holds({ gte, lt, ...other }: KeyRange, key: string): boolean {
        const range = {
          ...other,
          ...(gte !== undefined && { gte: gte.toLowerCase() }),
          ...(lt !== undefined && { lt: lt.toLowerCase() }),
        }
        return super.holds(range, key.toLowerCase())
      }
    },
  ),
  ofStore(
    'limits before it reverses',
    'limit counts from the side where the walk begins',
    class extends ReferenceStore {
      override select({ reverse, ...range }: KeyRange): Entry[] {
        const found = super.select(range)
        return reverse ? found.reverse() : found
      }
    },
  ),
  ofStore(
    'takes a limit of 0 for none',
    'a limit of 0 is no entry',
    class extends ReferenceStore {
      override select({ limit, ...range }: KeyRange): Entry[] {
        return super.select(limit ? { ...range, limit } : range)
      }
    },
  ),
  ofStore(
    'leaves the last key out',
    'without bounds a range holds every key',
    class extends ReferenceStore {
      override select(range: KeyRange): Entry[] {
        return super.select(range).slice(0, range.lt === undefined ? -1 : undefined)
      }
    },
  ),
  ofStore(
    'looks bounds up',
    'bounds need not be keys',
    class extends ReferenceStore {
      override holds({ gte, ...range }: KeyRange, key: string): boolean {
        if (gte === undefined || !this.shelf.entries.has(gte)) return super.holds(range, key)
        return super.holds({ ...range, gte }, key)
      }
    },
  ),
]

import type { Checkpoint, StoreBatch } from '@goka/interface'
import { ReferenceStore } from '../reference-storage.ts'
import { ofKey, ofStore, type StorageMutant } from './mutant.ts'

export const keyMutants: readonly StorageMutant[] = [
  ofKey('decodes keys as UTF-8', 'keys that are not UTF-8 stay apart from each other', (key) =>
    Buffer.from(Buffer.from(key, 'latin1').toString('utf8'), 'utf8').toString('latin1'),
  ),
  ofKey(
    'folds bytes to 7 bits',
    'a key of any single byte comes back unchanged and in the order of bytes',
    (key) => Buffer.from(key, 'latin1').toString('ascii'),
  ),
  ofKey(
    'ends keys at a zero byte',
    'a key that begins with another comes after it',
    (key) => key.split('\0', 1)[0] ?? '',
  ),
  ofKey('cuts long keys', 'a long key is a key', (key) => key.slice(0, 1024)),
  ofStore(
    'sorts by language',
    'keys are in the order of their UTF-8 bytes, not of UTF-16 units or of a language',
    class extends ReferenceStore {
      override compare(a: string, b: string): number {
        return a.localeCompare(b)
      }
    },
  ),
  ofStore(
    'sorts by UTF-16 units',
    'keys are in the order of their UTF-8 bytes, not of UTF-16 units or of a language',
    class extends ReferenceStore {
      override compare(a: string, b: string): number {
        const [left = '', right = ''] = [a, b].map((key) => Buffer.from(key, 'latin1').toString())
        return left < right ? -1 : left > right ? 1 : 0
      }
    },
  ),
  ofStore(
    'sorts by length first',
    'a key that begins with another comes after it',
    class extends ReferenceStore {
      override compare(a: string, b: string): number {
        return a.length - b.length || super.compare(a, b)
      }
    },
  ),
  ofStore(
    'takes the empty key for none',
    'the empty key is a key',
    class extends ReferenceStore {
      override put(key: string, value: Uint8Array | undefined): void {
        if (key) super.put(key, value)
      }
    },
  ),
  ofStore(
    'keeps entries in an object',
    'keys that look like internal ones are ordinary keys',
    class extends ReferenceStore {
      override getMany(keys: readonly string[]) {
        const object: Record<string, unknown> = Object.fromEntries(this.shelf.entries)
        return this.answer(keys.map((key) => object[key] as Uint8Array | undefined))
      }
    },
  ),
  ofStore(
    'keeps the checkpoint under a key of the user',
    'keys that look like internal ones are ordinary keys',
    class extends ReferenceStore {
      override get checkpoint(): Checkpoint | undefined {
        return this.shelf.entries.has('__offset') ? undefined : super.checkpoint
      }
      override async write(batch: StoreBatch): Promise<void> {
        await super.write(batch)
        if (batch.keys.includes('__offset')) this.shelf.checkpoint = undefined
      }
    },
  ),
]

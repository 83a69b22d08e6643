import { randomUUID } from 'node:crypto'
import {
  type Awaitable,
  type ByteString,
  type Checkpoint,
  type KeyRange,
  type Storage,
  type Store,
  type StoreIterator,
  type StoreName,
  silentLogger,
} from '@goka/interface'
import { hex } from '../bytes.ts'
import type { Tests } from '../suite.ts'

/**
 * Makes a storage over the place of this name: a folder, a key prefix. The same name twice gives two objects over the
 * same data, as after a restart of the process; a new name gives an empty storage. A storage that is not persistent has
 * no use for the name. Names are letters, digits and dashes. Whoever makes the places removes them.
 */
export type CreateStorage = (place: string) => Awaitable<Storage>

/** A test of a storage. */
export type StorageTests = Tests<StorageCase>

/** A place of its own for one test, and the stores that the test opened there. */
export interface StorageCase {
  readonly storage: Storage
  /** Another object over the same place. */
  readonly another: () => Promise<Storage>
  /** Opens a store; by default always the same one. It is closed when the test ends. */
  readonly open: (name?: Partial<StoreName>, storage?: Storage) => Promise<Store>
}

/** The store that `open` opens without a name. */
export const STORE: StoreName = { scope: '', topic: 'a-table', partition: 0 }

export async function runStorageCase(
  createStorage: CreateStorage,
  body: (testCase: StorageCase) => Promise<void> | void,
): Promise<void> {
  const place = randomUUID()
  const storage = await createStorage(place)
  const opened: Store[] = []
  try {
    await body({
      storage,
      another: async () => createStorage(place),
      open: async (name = {}, from = storage) => {
        const store = await from.open({ ...STORE, ...name }, { log: silentLogger })
        opened.push(store)
        return store
      },
    })
  } finally {
    for (const store of opened) await store.close()
  }
}

/** Writes entries without a checkpoint; `undefined` deletes. */
export function put(
  store: Store,
  entries: Iterable<readonly [ByteString, Uint8Array | undefined]>,
  checkpoint?: Checkpoint,
): Promise<void> {
  const keys: ByteString[] = []
  const values: (Uint8Array | undefined)[] = []
  for (const [key, value] of entries) {
    keys.push(key)
    values.push(value)
  }
  return store.write({ keys, values, checkpoint })
}

/** The values of `keys` in hexadecimal; "none" for those that are not there. */
export async function get(store: Store, ...keys: ByteString[]): Promise<string[]> {
  return Array.from(await store.getMany(keys), (value) => hex(value))
}

/** All entries of a range, keys and values in hexadecimal, read by batches of `size`. */
export async function entries(store: Store, range: KeyRange = {}, size = 100): Promise<string[][]> {
  const iterator = store.iterate(range)
  try {
    return await rest(iterator, size)
  } finally {
    await iterator.close()
  }
}

/** What an iterator has left. */
export async function rest(iterator: StoreIterator, size = 100): Promise<string[][]> {
  const found: string[][] = []
  for (;;) {
    const batch = await iterator.next(size)
    if (batch.length === 0) return found
    for (const [key, value] of batch) found.push([hexKey(key), hex(value)])
  }
}

/** The keys of a range in hexadecimal. */
export async function keysOf(store: Store, range: KeyRange = {}): Promise<string[]> {
  return (await entries(store, range)).map(([key]) => key as string)
}

/** A key in hexadecimal. A char beyond one byte, which no key has, shows as it is. */
export function hexKey(key: ByteString): string {
  return Array.from(key, (char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('')
}

/** A checkpoint as plain data of this realm, in one order of inputs. */
export function plain(checkpoint: Checkpoint | undefined): unknown {
  if (checkpoint === undefined) return undefined
  const { position, inputs, timeMs, topicId } = checkpoint
  const sorted = Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1))
  return { position, inputs: sorted.map(([topic, offset]) => [topic, offset]), timeMs, topicId }
}

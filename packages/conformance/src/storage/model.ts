import assert from 'node:assert/strict'
import type { Checkpoint, KeyRange } from '@goka/interface'
import fc from 'fast-check'
import { hex } from '../bytes.ts'
import { entries, get, hexKey, plain, put, STORE, type StorageTests } from './storage-case.ts'

type Batch = readonly (readonly [string, Uint8Array | undefined])[]

type Step =
  | { readonly kind: 'write'; readonly batch: Batch; readonly checkpoint: Checkpoint | undefined }
  | { readonly kind: 'get'; readonly keys: readonly string[] }
  | { readonly kind: 'walk'; readonly range: KeyRange; readonly size: number }
  | { readonly kind: 'reopen' }

// Few different bytes and short keys, so that keys meet; any bytes now and then.
const byte = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 1, 0x61, 0x62, 0x7f, 0x80, 0xfe, 0xff) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
)
const key = fc.array(byte, { maxLength: 4 }).map((bytes) => String.fromCharCode(...bytes))
const value = fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined })
const checkpoint = fc.option(
  fc.record({
    position: fc.maxSafeNat(),
    inputs: fc.dictionary(fc.stringMatching(/^[a-zA-Z0-9._-]{1,8}$/), fc.maxSafeNat(), {
      maxKeys: 3,
    }),
    timeMs: fc.maxSafeNat(),
    topicId: fc.option(fc.uuid(), { nil: undefined }),
  }),
  { nil: undefined },
)
const batch = fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 12 })
const range: fc.Arbitrary<KeyRange> = fc.record(
  { gte: key, lt: key, reverse: fc.boolean(), limit: fc.nat({ max: 10 }) },
  { requiredKeys: [] },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('write' as const), batch, checkpoint }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('get' as const),
      keys: fc.array(key, { maxLength: 8 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('walk' as const),
      range,
      size: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
)

/** What a store is: a map in the order of bytes, and a checkpoint. */
class Model {
  readonly #entries = new Map<string, Uint8Array>()
  checkpoint: Checkpoint | undefined

  write(changes: Batch, next: Checkpoint | undefined): void {
    for (const [name, bytes] of changes) {
      if (bytes === undefined) this.#entries.delete(name)
      else this.#entries.set(name, bytes)
    }
    if (next !== undefined) this.checkpoint = next
  }

  get(keys: readonly string[]): string[] {
    return keys.map((name) => hex(this.#entries.get(name)))
  }

  walk({ gte = '', lt, reverse = false, limit }: KeyRange): string[][] {
    const found = [...this.#entries.keys()]
      .filter((name) => name >= gte && (lt === undefined || name < lt))
      .sort((a, b) => (a < b ? -1 : 1))
    if (reverse) found.reverse()
    return found.slice(0, limit).map((name) => [hexKey(name), hex(this.#entries.get(name))])
  }

  clear(): void {
    this.#entries.clear()
    this.checkpoint = undefined
  }
}

export const modelTests: StorageTests = {
  'a store behaves as an ordered map whatever is done to it': async ({ storage, open }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const model = new Model()
        let store = await open()
        try {
          for (const next of steps) {
            switch (next.kind) {
              case 'write':
                await put(store, next.batch, next.checkpoint)
                model.write(next.batch, next.checkpoint)
                break
              case 'get':
                assert.deepEqual(await get(store, ...next.keys), model.get(next.keys))
                break
              case 'walk':
                assert.deepEqual(
                  await entries(store, next.range, next.size),
                  model.walk(next.range),
                )
                break
              case 'reopen':
                await store.close()
                store = await open()
                if (!storage.capabilities.persistent) model.clear()
                break
            }
            assert.deepEqual(plain(store.checkpoint), plain(model.checkpoint))
          }
          assert.deepEqual(await entries(store), model.walk({}))
        } finally {
          await store.close()
          await storage.drop(STORE)
        }
      }),
      { numRuns: 200 },
    )
  },
}

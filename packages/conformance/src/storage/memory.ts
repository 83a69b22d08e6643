import assert from 'node:assert/strict'
import type { Checkpoint } from '@goka/interface'
import { hex, pattern, utf8 } from '../bytes.ts'
import { entries, get, plain, put, type StorageTests } from './storage-case.ts'

export const memoryTests: StorageTests = {
  'a value that is a part of larger memory is stored without its surroundings': async ({
    open,
  }) => {
    const store = await open()
    const slab = pattern(64, 1)
    await put(store, [
      ['a', slab.subarray(8, 16)],
      ['b', slab.subarray(16, 16)],
      ['c', slab.subarray(61)],
      ['d', Buffer.from(slab.buffer, 3, 5)],
    ])
    const expected = [slab.slice(8, 16), slab.slice(0, 0), slab.slice(61), slab.slice(3, 8)]
    assert.deepEqual(await get(store, 'a', 'b', 'c', 'd'), expected.map(hex))
  },

  'the caller may reuse the memory of a batch once the write has settled': async ({ open }) => {
    const store = await open()
    const slab = pattern(32, 1)
    const keys = ['a', 'b', 'c']
    // `slice` of a Buffer copies nothing.
    const values = [slab.subarray(0, 16), slab.subarray(16), Buffer.from(slab.buffer, 8, 16)]
    const expected = values.map(hex)
    await store.write({ keys, values, checkpoint: undefined })
    slab.fill(0xee)
    keys.fill('reused')
    values.length = 0
    assert.deepEqual(await get(store, 'a', 'b', 'c', 'reused'), [...expected, 'none'])
    assert.deepEqual(await entries(store), [
      ['61', expected[0]],
      ['62', expected[1]],
      ['63', expected[2]],
    ])
  },

  'the caller may reuse a checkpoint once the write has settled': async ({ open }) => {
    const store = await open()
    const inputs: Record<string, number> = { input: 1 }
    const checkpoint: Checkpoint = { position: 2, inputs, timeMs: 3, topicId: 'id' }
    const expected = plain(checkpoint)
    await store.write({ keys: [], values: [], checkpoint })
    inputs['input'] = 99
    inputs['other'] = 99
    assert.deepEqual(plain(store.checkpoint), expected)
  },

  'what was read stays as it is when the store changes': async ({ open }) => {
    const store = await open()
    await put(store, [
      ['a', utf8('first')],
      ['b', utf8('first')],
    ])
    const read = await store.getMany(['a', 'b'])
    const iterator = store.iterate({})
    const walked = await iterator.next(2)
    await iterator.close()
    await put(store, [
      ['a', utf8('other')],
      ['b', undefined],
    ])
    const first = hex(utf8('first'))
    assert.deepEqual(Array.from(read, hex), [first, first])
    assert.deepEqual(
      Array.from(walked, ([, value]) => hex(value)),
      [first, first],
    )
  },
}

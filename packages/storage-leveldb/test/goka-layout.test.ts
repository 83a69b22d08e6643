import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from '@goka/interface'
import { leveldb } from '@goka/storage-leveldb'
import { describe, expect, it } from '@jest/globals'
import { ClassicLevel } from 'classic-level'
import { CONTEXT, entriesOf, inFolder, NAME, put } from './store-case.ts'

/** Written by Goka 1.1.14 itself: see `goka-store/main.go`. */
const GOKA_STORE = fileURLToPath(new URL('goka-store/counts-table.0', import.meta.url))

const GOKA_ENTRIES = {
  '': 'empty key',
  '\0\0\0*': 'binary key',
  '\0goka.checkpoint!': 'escaped key',
  alice: '42',
  bob: '',
  'caf\xc3\xa9': 'UTF-8',
  zoe: '\0\x01\xfe\xff',
  '\xff\xfe': 'not UTF-8',
}

/** Writes a database without the adapter. */
async function raw(folder: string, entries: Record<string, string>): Promise<void> {
  const db = new ClassicLevel(join(folder, 'counts-table.0'))
  for (const [key, value] of Object.entries(entries)) await db.put(key, value)
  await db.close()
}

function recorder(): { log: Logger; lines: string[] } {
  const lines: string[] = []
  const log: Logger = {
    debug: () => {},
    info: (...line: unknown[]) => lines.push(`info ${String(line.at(-1))}`),
    warn: (...line: unknown[]) => lines.push(`warn ${String(line.at(-1))}`),
    error: () => {},
    child: () => log,
  }
  return { log, lines }
}

describe('a store that Goka has written', () => {
  it('is taken over in place, with its values and the offset after the last applied one', () =>
    inFolder(async (path) => {
      cpSync(GOKA_STORE, join(path, 'counts-table.0'), { recursive: true })
      const { log, lines } = recorder()
      const store = await leveldb({ path }).open(NAME, { log })
      expect(store.checkpoint).toEqual({
        position: 1042,
        inputs: {},
        timeMs: 0,
        topicId: undefined,
      })
      expect(await entriesOf(store)).toEqual(GOKA_ENTRIES)
      const values = await store.getMany(Object.keys(GOKA_ENTRIES))
      expect(values.map((value) => value && Buffer.from(value).toString('latin1'))).toEqual(
        Object.values(GOKA_ENTRIES),
      )
      expect(lines).toEqual(['info took over a store that Goka has written'])
      await store.close()
    }))

  it('is a store as any other from then on, and __offset a key as any other', () =>
    inFolder(async (path) => {
      cpSync(GOKA_STORE, join(path, 'counts-table.0'), { recursive: true })
      const storage = leveldb({ path })
      const first = await storage.open(NAME, CONTEXT)
      expect(await first.getMany(['__offset'])).toEqual([undefined])
      await put(first, '__offset', '7')
      await first.close()
      const { log, lines } = recorder()
      const again = await storage.open(NAME, { log })
      expect(again.checkpoint?.position).toBe(1042)
      expect(await entriesOf(again)).toEqual({ ...GOKA_ENTRIES, __offset: '7' })
      expect(lines).toEqual([])
      await again.close()
    }))

  it.each([
    ['no offset', {}],
    ['an offset that is no number', { __offset: 'x' }],
    ['no offset yet, as Goka says it', { __offset: '-3' }],
    ['an offset beyond what a number can hold', { __offset: '9007199254740991' }],
  ])('is emptied when nobody can tell how far it is: %s', (_, offset) =>
    inFolder(async (path) => {
      await raw(path, { ...offset, a: '1', b: '2' })
      const { log, lines } = recorder()
      const store = await leveldb({ path }).open(NAME, { log })
      expect(store.checkpoint).toBeUndefined()
      expect(await entriesOf(store)).toEqual({})
      expect(lines).toEqual([
        'warn removing the values of a store without an offset; it is rebuilt from the changelog',
      ])
      await store.close()
    }),
  )

  it('may be at offset 0', () =>
    inFolder(async (path) => {
      await raw(path, { __offset: '0', a: '1' })
      const store = await leveldb({ path }).open(NAME, CONTEXT)
      expect(store.checkpoint?.position).toBe(1)
      expect(await entriesOf(store)).toEqual({ a: '1' })
      await store.close()
    }))
})

describe('a new store', () => {
  it('keeps a key __offset that was written before the first checkpoint', () =>
    inFolder(async (path) => {
      const storage = leveldb({ path })
      const { log, lines } = recorder()
      const store = await storage.open(NAME, { log })
      await put(store, '__offset', '41')
      await store.close()
      const again = await storage.open(NAME, { log })
      expect(again.checkpoint).toBeUndefined()
      expect(await entriesOf(again)).toEqual({ __offset: '41' })
      expect(lines).toEqual([])
      await again.close()
    }))
})

import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { leveldb } from '@goka/storage-leveldb'
import { describe, expect, it } from '@jest/globals'
import { ClassicLevel } from 'classic-level'
import { Child } from './child.ts'
import { CONTEXT, entriesOf, inFolder, NAME, NUMBERED_KEYS, numberedBatch } from './store-case.ts'

/** A closed store with a table file; returns its folder. */
async function filled(path: string): Promise<string> {
  const storage = leveldb({ path })
  const store = await storage.open(NAME, CONTEXT)
  await store.write(numberedBatch(1))
  await store.close()
  // The log is made into a table file when it is opened again.
  await (await storage.open(NAME, CONTEXT)).close()
  return join(path, 'counts-table.0')
}

function file(folder: string, name: RegExp): string {
  const found = readdirSync(folder).find((entry) => name.test(entry))
  if (found === undefined) throw new Error(`no ${String(name)} in ${readdirSync(folder).join()}`)
  return join(folder, found)
}

describe('a store that cannot be reached', () => {
  it('is unavailable when a file is where its folder should be', () =>
    inFolder(async (path) => {
      writeFileSync(join(path, 'state'), '')
      const storage = leveldb({ path: join(path, 'state') })
      await expect(storage.open(NAME, CONTEXT)).rejects.toMatchObject({
        code: 'GOKA_STORAGE_UNAVAILABLE',
        message: expect.stringContaining(join(path, 'state', 'counts-table.0')),
        cause: { code: 'ENOTDIR' },
      })
      await expect(storage.drop(NAME)).rejects.toMatchObject({ code: 'GOKA_STORAGE_UNAVAILABLE' })
    }))

  it('is unavailable when a file cannot be opened, and can be opened once it can', () =>
    inFolder(async (path) => {
      const folder = await filled(path)
      const lock = join(folder, 'LOCK')
      rmSync(lock)
      // Not even root opens a folder for writing.
      mkdirSync(lock)
      const storage = leveldb({ path })
      await expect(storage.open(NAME, CONTEXT)).rejects.toMatchObject({
        code: 'GOKA_STORAGE_UNAVAILABLE',
        cause: { code: 'LEVEL_IO_ERROR' },
      })
      rmSync(lock, { recursive: true })
      await (await storage.open(NAME, CONTEXT)).close()
    }))

  it('fails its writes when the disk is full, takes none after that, and is whole when opened again', () =>
    inFolder(async (path) => {
      // No file may grow beyond 1000 blocks of 512 bytes; a batch is about 100 kB.
      await using filler = new Child('filler', [path], 'ulimit -f 1000')
      const [number, code, position] = (await filler.line()).split(' ')
      expect(code).toBe('GOKA_STORAGE_UNAVAILABLE')
      expect(Number(number)).toBeGreaterThan(2)
      expect(Number(position)).toBe(Number(number) - 1)
      expect(await filler.line()).toBe('GOKA_STORAGE_UNAVAILABLE')
      expect(Number(await filler.line())).toBe(Number(position))
      await filler.end()
      const store = await leveldb({ path }).open(NAME, CONTEXT)
      expect(store.checkpoint?.position).toBe(Number(position))
      const values = Object.values(await entriesOf(store))
      expect(new Set(values)).toEqual(new Set([position?.padStart(8, '0').repeat(128)]))
      await store.write(numberedBatch(99))
      await store.close()
    }))
})

describe('a store that is damaged', () => {
  it.each<[string, (folder: string) => void]>([
    [
      'CURRENT is garbage',
      (folder) => {
        writeFileSync(join(folder, 'CURRENT'), 'garbage')
      },
    ],
    [
      'CURRENT leads nowhere',
      (folder) => {
        writeFileSync(join(folder, 'CURRENT'), 'MANIFEST-9\n')
      },
    ],
    [
      'the manifest is garbage',
      (folder) => {
        writeFileSync(file(folder, /^MANIFEST/), 'x'.repeat(99))
      },
    ],
    [
      'the manifest is gone',
      (folder) => {
        rmSync(file(folder, /^MANIFEST/))
      },
    ],
    [
      'a table file is gone',
      (folder) => {
        rmSync(file(folder, /\.ldb$/))
      },
    ],
    [
      'a table file is cut short',
      (folder) => {
        truncateSync(file(folder, /\.ldb$/), 10)
      },
    ],
  ])('says so when it is opened, and works again once it was dropped: %s', (_, damage) =>
    inFolder(async (path) => {
      const folder = await filled(path)
      damage(folder)
      const storage = leveldb({ path })
      await expect(storage.open(NAME, CONTEXT)).rejects.toMatchObject({
        code: 'GOKA_STORAGE_CORRUPTED',
        message: expect.stringMatching(
          `${folder} is damaged .* drop the store or delete the folder`,
        ),
        cause: expect.anything(),
      })
      await storage.drop(NAME)
      const again = await storage.open(NAME, CONTEXT)
      expect(again.checkpoint).toBeUndefined()
      expect(await entriesOf(again)).toEqual({})
      await again.write(numberedBatch(1))
      await again.close()
    }),
  )

  it('says so when it is read, by keys as by a walk', () =>
    inFolder(async (path) => {
      const table = file(await filled(path), /\.ldb$/)
      const bytes = readFileSync(table)
      // In the middle are blocks of values; the checkpoint is in the first, the index is at the end.
      bytes.fill(0xff, Math.floor(bytes.length * 0.4), Math.floor(bytes.length * 0.5))
      writeFileSync(table, bytes)
      const store = await leveldb({ path }).open(NAME, CONTEXT)
      expect(store.checkpoint?.position).toBe(1)
      const corrupted = { code: 'GOKA_STORAGE_CORRUPTED', cause: { code: 'LEVEL_CORRUPTION' } }
      await expect(async () => store.getMany(NUMBERED_KEYS)).rejects.toMatchObject(corrupted)
      await expect(entriesOf(store)).rejects.toMatchObject(corrupted)
      await store.close()
    }))

  it('says so when its folder is deleted while it is open, and takes no writes after that', () =>
    inFolder(async (path) => {
      const store = await leveldb({ path, writeBufferBytes: 64 * 1024 }).open(NAME, CONTEXT)
      await store.write(numberedBatch(1))
      rmSync(join(path, 'counts-table.0'), { recursive: true })
      // The log is still open; the next one cannot be made.
      await expect(store.write(numberedBatch(2))).rejects.toMatchObject({
        code: 'GOKA_STORAGE_CORRUPTED',
      })
      expect(store.checkpoint?.position).toBe(1)
      await expect(store.write(numberedBatch(3))).rejects.toMatchObject({
        code: 'GOKA_STORAGE_UNAVAILABLE',
        message: expect.stringContaining('takes no more writes since one has failed'),
      })
      await store.close()
    }))

  it('says so when its checkpoint cannot be read', () =>
    inFolder(async (path) => {
      const db = new ClassicLevel(join(path, 'counts-table.0'))
      await db.put('\0goka.checkpoint', '{"format":2}')
      await db.close()
      const storage = leveldb({ path })
      await expect(storage.open(NAME, CONTEXT)).rejects.toMatchObject({
        code: 'GOKA_STORAGE_CORRUPTED',
        message: expect.stringContaining('its format is 2, not 1'),
      })
      await storage.drop(NAME)
      await (await storage.open(NAME, CONTEXT)).close()
    }))
})

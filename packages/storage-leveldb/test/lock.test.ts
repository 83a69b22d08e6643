import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { leveldb } from '@goka/storage-leveldb'
import { describe, expect, it } from '@jest/globals'
import { Child } from './child.ts'
import { CONTEXT, inFolder, NAME, put } from './store-case.ts'

describe('the lock of a store', () => {
  it('keeps another process out, and names the folder and the remedy', () =>
    inFolder(async (path) => {
      await using holder = new Child('holder', [path])
      expect(await holder.line()).toBe('open')
      const storage = leveldb({ path })
      const folder = join(path, 'counts-table.0')
      const locked = {
        code: 'GOKA_STORAGE_LOCKED',
        message: `the store of counts-table/0 in ${folder} is open already, here or in another process; close it there, or give each instance a path of its own`,
        details: { storage: 'leveldb', topic: 'counts-table', partition: 0, path: folder },
      }
      await expect(storage.open(NAME, CONTEXT)).rejects.toMatchObject(locked)
      await expect(storage.drop(NAME)).rejects.toMatchObject(locked)
      await holder.end()
      await (await storage.open(NAME, CONTEXT)).close()
    }))

  it('is free when its process was killed', () =>
    inFolder(async (path) => {
      await using holder = new Child('holder', [path])
      expect(await holder.line()).toBe('open')
      await holder.kill()
      const store = await leveldb({ path }).open(NAME, CONTEXT)
      await store.close()
    }))

  it('is not lost to another process when this one asks for the store again', () =>
    inFolder(async (path) => {
      const store = await leveldb({ path }).open(NAME, CONTEXT)
      const other = leveldb({ path })
      await expect(other.open(NAME, CONTEXT)).rejects.toMatchObject({ code: 'GOKA_STORAGE_LOCKED' })
      await expect(other.drop(NAME)).rejects.toMatchObject({ code: 'GOKA_STORAGE_LOCKED' })
      await using holder = new Child('holder', [path])
      expect(await holder.line()).toBe('GOKA_STORAGE_LOCKED')
      await holder.end()
      await put(store, 'a', '1')
      await store.close()
    }))

  it('is one for all paths to the same folder', () =>
    inFolder(async (path) => {
      symlinkSync(path, join(path, 'link'))
      const store = await leveldb({ path }).open(NAME, CONTEXT)
      const linked = leveldb({ path: join(path, 'link') })
      await expect(linked.open(NAME, CONTEXT)).rejects.toMatchObject({
        code: 'GOKA_STORAGE_LOCKED',
      })
      await store.close()
      await (await linked.open(NAME, CONTEXT)).close()
    }))
})

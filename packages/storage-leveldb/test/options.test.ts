import { leveldb } from '@goka/storage-leveldb'
import { describe, expect, it } from '@jest/globals'
import { databaseOptions } from '../src/options.ts'
import { CONTEXT, entriesOf, inFolder, NAME, NUMBERED_KEYS, numberedBatch } from './store-case.ts'

const invalid = (options: unknown) => () => leveldb(options as Parameters<typeof leveldb>[0])

describe('the options of leveldb', () => {
  it('have the defaults of LevelDB, but for the write buffer', () => {
    expect(databaseOptions({ path: 'state' })).toEqual({
      cacheSize: 8_388_608,
      writeBufferSize: 16_777_216,
      blockSize: 4096,
      maxFileSize: 2_097_152,
      maxOpenFiles: 1000,
      compression: true,
    })
  })

  it('are passed on under the names of classic-level', () => {
    const options = {
      path: 'state',
      cacheBytes: 0,
      writeBufferBytes: 65_536,
      blockBytes: 1024,
      fileBytes: 1_048_576,
      maxOpenFiles: 74,
      compression: false,
    }
    expect(databaseOptions(options)).toEqual({
      cacheSize: 0,
      writeBufferSize: 65_536,
      blockSize: 1024,
      maxFileSize: 1_048_576,
      maxOpenFiles: 74,
      compression: false,
    })
  })

  it('work at their smallest', () =>
    inFolder(async (path) => {
      const store = await leveldb({
        path,
        cacheBytes: 0,
        writeBufferBytes: 65_536,
        blockBytes: 1024,
        fileBytes: 1_048_576,
        maxOpenFiles: 74,
        compression: false,
      }).open(NAME, CONTEXT)
      for (let number = 1; number <= 50; number++) await store.write(numberedBatch(number))
      const values = Object.values(await entriesOf(store))
      expect(values).toEqual(NUMBERED_KEYS.map(() => '00000050'.repeat(128)))
      await store.close()
    }))

  it('are refused with their name, what is expected and what came', () => {
    expect(invalid({ path: 'state', writeBufferBytes: 1000 })).toThrow(
      expect.objectContaining({
        code: 'GOKA_OPTION_INVALID',
        message:
          'option leveldb.writeBufferBytes must be a whole number from 65536 to 1073741824, received 1000',
        details: {
          option: 'leveldb.writeBufferBytes',
          expected: 'a whole number from 65536 to 1073741824',
          received: '1000',
        },
      }),
    )
  })

  it.each([
    ['no options', undefined],
    ['no path', {}],
    ['an empty path', { path: '' }],
    ['a path with a zero byte', { path: 'a\0b' }],
    ['a path that is no string', { path: 1 }],
    ['a size as text', { path: 'state', cacheBytes: '8MB' }],
    ['a part of a byte', { path: 'state', blockBytes: 4096.5 }],
    ['too many open files', { path: 'state', maxOpenFiles: 50_001 }],
    ['files that are too small', { path: 'state', fileBytes: 1 }],
    ['compression as text', { path: 'state', compression: 'snappy' }],
    ['an unknown option', { path: 'state', cacheSize: 1 }],
  ])('are refused: %s', (_, options) => {
    expect(invalid(options)).toThrow(expect.objectContaining({ code: 'GOKA_OPTION_INVALID' }))
  })
})

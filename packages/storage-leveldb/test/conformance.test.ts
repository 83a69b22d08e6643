import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from '@jest/globals'
import { testStorage } from '@goka/conformance/storage'
import { leveldb } from '@goka/storage-leveldb'

const folder = mkdtempSync(join(tmpdir(), 'goka-leveldb-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

testStorage({
  runner: { describe, it },
  createStorage: (place) => leveldb({ path: join(folder, place) }),
})

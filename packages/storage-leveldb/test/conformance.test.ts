import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testStorage } from '@goka/conformance/storage'
import { leveldb } from '@goka/storage-leveldb'
import { afterAll, describe, it } from '@jest/globals'

const folder = mkdtempSync(join(tmpdir(), 'goka-leveldb-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

testStorage({
  runner: { describe, it },
  createStorage: (place) => leveldb({ path: join(folder, place) }),
})

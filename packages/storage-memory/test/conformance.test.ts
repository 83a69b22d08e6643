import { describe, it } from '@jest/globals'
import { testStorage } from '@goka/conformance/storage'
import { memory } from '@goka/storage-memory'

testStorage({ runner: { describe, it }, createStorage: () => memory() })

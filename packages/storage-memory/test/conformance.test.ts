import { testStorage } from '@goka/conformance/storage'
import { memory } from '@goka/storage-memory'
import { describe, it } from '@jest/globals'

testStorage({ runner: { describe, it }, createStorage: () => memory() })

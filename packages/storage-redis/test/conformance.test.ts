import { testStorage } from '@goka/conformance/storage'
import { redis } from '@goka/storage-redis'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { RedisServer } from './redis-server.ts'

let server: RedisServer
beforeAll(async () => {
  server = await RedisServer.start()
})
afterAll(() => server.stop())

testStorage({
  runner: { describe, it },
  createStorage: (place) => redis({ url: server.url, prefix: place }),
})

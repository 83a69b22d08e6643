import type { Store } from '@goka/interface'
import { isGokaError } from '@goka/interface'
import { redis } from '@goka/storage-redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { Child } from './child.ts'
import { RedisServer } from './redis-server.ts'
import { CONTEXT, NAME, numberedBatch, numbersOf, until } from './store-case.ts'

const LOCK = '{goka::counts-table:0}:lock'
const KILLS = 10

let server: RedisServer
let client: Redis
beforeAll(async () => {
  server = await RedisServer.start()
  client = new Redis(server.url)
})
beforeEach(() => client.flushall())
afterAll(async () => {
  client.disconnect()
  await server.stop()
})

const lost = {
  code: 'GOKA_STORAGE_UNAVAILABLE',
  message: expect.stringContaining('is not what this process has written any more'),
}

/** As the next owner after a crash: asks until the lock has expired. */
async function openFree(lockTimeoutMs: number): Promise<Store> {
  let store: Store | undefined
  await until(async () => {
    try {
      store = await redis({ url: server.url, lockTimeoutMs }).open(NAME, CONTEXT)
      return true
    } catch (error) {
      if (isGokaError(error, 'GOKA_STORAGE_LOCKED')) return false
      throw error
    }
  }, 'the end of the lock')
  return store as Store
}

describe('the lock of a store', () => {
  it('keeps others out, and names the keys and the remedy', async () => {
    const store = await redis({ url: server.url }).open(NAME, CONTEXT)
    const other = redis({ url: server.url })
    const locked = {
      code: 'GOKA_STORAGE_LOCKED',
      message:
        'the store of counts-table/0 in Redis at {goka::counts-table:0} is open already, here or in another process; close it there, or give each instance a prefix of its own',
      details: {
        storage: 'redis',
        topic: 'counts-table',
        partition: 0,
        path: '{goka::counts-table:0}',
      },
    }
    await expect(other.open(NAME, CONTEXT)).rejects.toMatchObject(locked)
    await expect(other.drop(NAME)).rejects.toMatchObject(locked)
    await store.close()
    expect(await client.exists(LOCK)).toBe(0)
  })

  it('is another one under another prefix', async () => {
    const store = await redis({ url: server.url }).open(NAME, CONTEXT)
    const other = await redis({ url: server.url, prefix: 'other' }).open(NAME, CONTEXT)
    await store.write(numberedBatch(1))
    await other.write(numberedBatch(2))
    expect(await numbersOf(store)).toEqual([1])
    await store.close()
    await other.close()
  })

  it('is renewed as long as the store is open, and expires otherwise', async () => {
    const store = await redis({ url: server.url, lockTimeoutMs: 600_000 }).open(NAME, CONTEXT)
    expect(await client.pttl(LOCK)).toBeGreaterThan(590_000)
    await store.close()
    const renewing = await redis({ url: server.url, lockTimeoutMs: 900 }).open(NAME, CONTEXT)
    // Only a renewal brings a time-out of its own back.
    for (let renewals = 0; renewals < 3; renewals++) {
      await client.persist(LOCK)
      await until(async () => (await client.pttl(LOCK)) > 0, 'a renewal')
    }
    await renewing.close()
  })

  it('is taken again by its owner when it has expired and nobody came', async () => {
    const store = await redis({ url: server.url, lockTimeoutMs: 600 }).open(NAME, CONTEXT)
    await store.write(numberedBatch(1))
    await client.del(LOCK)
    await store.write(numberedBatch(2))
    expect(await numbersOf(store)).toEqual([2])
    await until(async () => (await client.exists(LOCK)) === 1, 'a renewal')
    await store.close()
  })

  it('lets nothing of the last owner in once another has taken over', async () => {
    const storage = redis({ url: server.url, lockTimeoutMs: 600_000 })
    const zombie = await storage.open(NAME, CONTEXT)
    const idle = zombie.iterate({})
    await zombie.write(numberedBatch(1))
    await client.del(LOCK) // as it happens to a process that stood still for too long
    const owner = await storage.open(NAME, CONTEXT)
    expect(owner.checkpoint?.position).toBe(1)
    await owner.write(numberedBatch(2))
    await expect(zombie.write(numberedBatch(3))).rejects.toMatchObject(lost)
    await expect(async () => zombie.getMany(['key-0'])).rejects.toMatchObject(lost)
    await expect(async () => idle.next(1)).rejects.toMatchObject(lost)
    await zombie.close()
    expect(await numbersOf(owner)).toEqual([2])
    await expect(storage.open(NAME, CONTEXT)).rejects.toMatchObject({ code: 'GOKA_STORAGE_LOCKED' })
    await owner.close()
  })

  it('lets the last owner read nothing once another has taken over, also if it never writes', async () => {
    const storage = redis({ url: server.url, lockTimeoutMs: 600_000 })
    const zombie = await storage.open(NAME, CONTEXT)
    await client.del(LOCK)
    const owner = await storage.open(NAME, CONTEXT)
    await expect(async () => zombie.getMany(['key-0'])).rejects.toMatchObject(lost)
    await zombie.close()
    await owner.close()
  })

  it('lets nothing of an owner in whose store was dropped', async () => {
    const storage = redis({ url: server.url, lockTimeoutMs: 600_000 })
    const store = await storage.open(NAME, CONTEXT)
    await store.write(numberedBatch(1))
    await client.del(LOCK)
    await storage.drop(NAME)
    await expect(store.write(numberedBatch(2))).rejects.toMatchObject(lost)
    await store.close()
    expect(await client.keys('*')).toEqual([])
  })
})

describe('a store whose process is killed', () => {
  it('has every write that was acknowledged, and each write whole, once its lock has expired', async () => {
    let last = 0
    for (let round = 0; round < KILLS; round++) {
      await using writer = new Child('writer', [server.url, '500'])
      let acknowledged = Number(await writer.line())
      expect(acknowledged).toBe(last + 1)
      // A different moment each time, and always in the middle of the writes.
      for (let more = 0; more < round * 3; more++) acknowledged = Number(await writer.line())
      await writer.kill()
      for (let line = await writer.line(); line !== ''; line = await writer.line()) {
        acknowledged = Number(line)
      }
      const store = await openFree(500)
      last = store.checkpoint?.position ?? 0
      // The write that was under way is there whole or not at all.
      expect([acknowledged, acknowledged + 1]).toContain(last)
      expect(store.checkpoint?.inputs).toEqual({ input: last })
      expect(await numbersOf(store)).toEqual([last])
      await store.close()
    }
  })
})

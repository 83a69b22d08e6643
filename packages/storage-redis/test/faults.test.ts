import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { inspect } from 'node:util'
import type { GokaError, Store } from '@goka/interface'
import { redis } from '@goka/storage-redis'
import { describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { RedisServer } from './redis-server.ts'
import {
  CONTEXT,
  NAME,
  NUMBERED_KEYS,
  numberedBatch,
  numbersOf,
  recordingLog,
  until,
} from './store-case.ts'

const TAG = '{goka::counts-table:0}'

/** Uses a client of its own beside the storage. */
async function withClient<T>(url: string, body: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url)
  try {
    return await body(client)
  } finally {
    client.disconnect()
  }
}

async function filled(url: string): Promise<Store> {
  const store = await redis({ url }).open(NAME, CONTEXT)
  await store.write(numberedBatch(1))
  return store
}

describe('a Redis that cannot be reached', () => {
  it('makes a store unavailable, and says why', async () => {
    const server = await RedisServer.start()
    await server.stop()
    const storage = redis({ url: server.url, timeoutMs: 300 })
    await expect(storage.open(NAME, CONTEXT)).rejects.toMatchObject({
      code: 'GOKA_STORAGE_UNAVAILABLE',
      message: expect.stringContaining(`ECONNREFUSED 127.0.0.1:${server.port}`),
    })
    await expect(storage.drop(NAME)).rejects.toMatchObject({ code: 'GOKA_STORAGE_UNAVAILABLE' })
  })

  it('ends nothing when it is back in time with all that it had', async () => {
    await using server = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
    const store = await filled(server.url)
    await server.kill()
    const [reading, writing] = [numbersOf(store), store.write(numberedBatch(2))]
    await server.startAgain()
    await writing
    expect([1, 2]).toContain((await reading)[0])
    await store.write(numberedBatch(3))
    expect(await numbersOf(store)).toEqual([3])
    await store.close()
  })

  it('lets a store be closed, with a line in the log', async () => {
    await using server = await RedisServer.start()
    const { log, lines } = recordingLog()
    const store = await redis({ url: server.url, timeoutMs: 300 }).open(NAME, { log })
    await server.kill()
    await store.close()
    expect(lines.join('\n')).toContain('stays locked until its lock expires')
  })

  it('gives no read after a write of which nobody knows whether it happened', async () => {
    await using server = await RedisServer.start()
    const store = await redis({ url: server.url, timeoutMs: 300 }).open(NAME, CONTEXT)
    await store.write(numberedBatch(1))
    await withClient(server.url, async (client) => {
      // Redis takes what it is sent, and does it later.
      await client.client('PAUSE', 60_000, 'WRITE')
      await expect(store.write(numberedBatch(2))).rejects.toMatchObject({
        code: 'GOKA_STORAGE_UNAVAILABLE',
        message: expect.stringContaining('Command timed out'),
      })
      await client.client('UNPAUSE')
    })
    await expect(async () => store.getMany(['key-0'])).rejects.toMatchObject({
      code: 'GOKA_STORAGE_UNAVAILABLE',
      message: expect.stringContaining('cannot be used any more since a write has failed'),
    })
    expect(store.checkpoint?.position).toBe(1)
    await store.close()
    const again = await redis({ url: server.url }).open(NAME, CONTEXT)
    expect(await numbersOf(again)).toEqual([again.checkpoint?.position])
    await again.close()
  })
})

describe('an answer that is lost on the way', () => {
  it('lets a write happen once', async () => {
    await using server = await RedisServer.start()
    let cuts = 0
    let cutNext = false
    const proxy = createServer((socket) => {
      const redisSide = connect(server.port, '127.0.0.1')
      socket.on('error', () => {}).on('close', () => redisSide.destroy())
      redisSide.on('error', () => {}).on('close', () => socket.destroy())
      socket.pipe(redisSide)
      redisSide.on('data', (answer) => {
        if (!cutNext) return void socket.write(answer)
        cutNext = false
        cuts++
        socket.destroy()
      })
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const { port } = proxy.address() as AddressInfo
    const store = await redis({ url: `redis://127.0.0.1:${port}` }).open(NAME, CONTEXT)
    for (let number = 1; number <= 5; number++) {
      cutNext = true
      await store.write(numberedBatch(number))
      expect(cuts).toBe(number)
      expect(await numbersOf(store)).toEqual([number])
    }
    await withClient(server.url, async (client) => {
      // The number of the last write, of which each was counted once.
      expect(await client.hget(`${TAG}:meta`, 'writer')).toMatch(/\/5$/)
    })
    await store.close()
    proxy.close()
  })
})

describe('a Redis that refuses', () => {
  it('shows no password when it does not let the user in, and asks nobody again', async () => {
    await using server = await RedisServer.start('--requirepass', 'right')
    const { log, lines } = recordingLog()
    const { port } = server
    const storages = [
      redis({ url: `redis://:s3cret%21@127.0.0.1:${port}` }),
      redis({ url: `redis://someone:s3cret%21@127.0.0.1:${port}` }),
      redis({ client: { host: '127.0.0.1', port, password: 's3cret!' } }),
      redis({ url: server.url }),
    ]
    for (const storage of storages) {
      const error = (await storage.open(NAME, { log }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )) as GokaError
      expect(error.code).toBe('GOKA_STORAGE_UNAVAILABLE')
      expect(error.message).toMatch(/WRONGPASS|NOAUTH/)
      const shown = inspect(error, { depth: 10, showHidden: true }) + lines.join('\n')
      expect(shown).not.toMatch(/s3cret|right/)
    }
    const allowed = redis({ url: `redis://:right@127.0.0.1:${port}` })
    await (await allowed.open(NAME, CONTEXT)).close()
  })

  it('makes a write fail whole when it is full', async () => {
    await using server = await RedisServer.start()
    const store = await filled(server.url)
    await withClient(server.url, async (client) => {
      await client.config('SET', 'maxmemory', '1')
      await expect(store.write(numberedBatch(2))).rejects.toMatchObject({
        code: 'GOKA_STORAGE_UNAVAILABLE',
        message: expect.stringMatching('cannot be written .OOM.* has room'),
      })
      await client.config('SET', 'maxmemory', '0')
    })
    await store.close()
    const again = await redis({ url: server.url }).open(NAME, CONTEXT)
    expect(again.checkpoint?.position).toBe(1)
    expect(await numbersOf(again)).toEqual([1])
    await again.close()
  })

  it('is refused itself when it would evict keys', async () => {
    await using server = await RedisServer.start('--maxmemory-policy', 'allkeys-lru')
    await expect(redis({ url: server.url }).open(NAME, CONTEXT)).rejects.toMatchObject({
      code: 'GOKA_STORAGE_UNAVAILABLE',
      message: expect.stringContaining('set its maxmemory-policy to noeviction, not allkeys-lru'),
    })
  })
})

describe('a Redis that has lost what it acknowledged', () => {
  it.each(['older', 'empty'])('makes the store fail, not answer: it is %s', async (state) => {
    await using server = await RedisServer.start()
    const store = await filled(server.url)
    await withClient(server.url, (client) => client.save())
    for (const number of [2, 3]) await store.write(numberedBatch(number))
    await server.kill()
    if (state === 'empty') await server.forget()
    await server.startAgain()
    const lost = {
      code: 'GOKA_STORAGE_UNAVAILABLE',
      message: expect.stringContaining('Redis lost writes when it restarted or failed over'),
    }
    await expect(async () => store.getMany(['key-0'])).rejects.toMatchObject(lost)
    await expect(store.write(numberedBatch(4))).rejects.toMatchObject(lost)
    await store.close()
    const again = await redis({ url: server.url }).open(NAME, CONTEXT)
    expect(again.checkpoint?.position).toBe(state === 'empty' ? undefined : 1)
    await again.close()
  })

  it('makes a write fail that nothing was read before', async () => {
    await using server = await RedisServer.start()
    const store = await filled(server.url)
    await withClient(server.url, (client) => client.flushall())
    await expect(store.write(numberedBatch(2))).rejects.toMatchObject({
      code: 'GOKA_STORAGE_UNAVAILABLE',
    })
    await withClient(server.url, async (client) => {
      expect(await client.exists(`${TAG}:values`)).toBe(0)
    })
    await store.close()
  })
})

describe('a store that is damaged', () => {
  it.each<[string, (client: Redis) => Promise<unknown>]>([
    ['its values are gone', (client) => client.del(`${TAG}:values`)],
    ['its order is gone', (client) => client.del(`${TAG}:order`)],
    ['both are gone', (client) => client.del(`${TAG}:values`, `${TAG}:order`)],
    ['a value is gone', (client) => client.hdel(`${TAG}:values`, 'key-1')],
    ['all but the values is gone', (client) => client.del(`${TAG}:meta`)],
    ['it is of another format', (client) => client.hset(`${TAG}:meta`, 'format', '2')],
    ['its checkpoint is garbage', (client) => client.hset(`${TAG}:meta`, 'checkpoint', '{')],
    ['its checkpoint is none', (client) => client.hset(`${TAG}:meta`, 'checkpoint', '{"a":1}')],
    ['its values are text', (client) => client.set(`${TAG}:values`, 'text')],
  ])('says so when it is opened, and works again once it was dropped: %s', async (_, damage) => {
    await using server = await RedisServer.start()
    await (await filled(server.url)).close()
    await withClient(server.url, damage)
    const storage = redis({ url: server.url })
    await expect(storage.open(NAME, CONTEXT)).rejects.toMatchObject({
      code: 'GOKA_STORAGE_CORRUPTED',
      message: expect.stringMatching('is damaged .* drop the store or delete its keys'),
    })
    await storage.drop(NAME)
    const again = await storage.open(NAME, CONTEXT)
    expect(again.checkpoint).toBeUndefined()
    expect(await again.getMany(NUMBERED_KEYS)).toEqual(NUMBERED_KEYS.map(() => undefined))
    await again.write(numberedBatch(1))
    await again.close()
  })
})

describe('the connection of a storage', () => {
  it('is one for all stores, and gone with the last', async () => {
    await using server = await RedisServer.start()
    const storage = redis({ url: server.url })
    await withClient(server.url, async (client) => {
      const connections = async (): Promise<number> =>
        String(await client.client('LIST'))
          .trim()
          .split('\n').length - 1
      expect(await connections()).toBe(0)
      const stores = []
      for (const partition of [0, 1, 2]) {
        stores.push(await storage.open({ ...NAME, partition }, CONTEXT))
      }
      expect(await connections()).toBe(1)
      await storage.drop({ ...NAME, partition: 9 })
      expect(await connections()).toBe(1)
      for (const store of stores) await store.close()
      await until(async () => (await connections()) === 0, 'the end of the connection')
      await (await storage.open(NAME, CONTEXT)).close()
      await storage.drop(NAME)
      await until(async () => (await connections()) === 0, 'the end of the connection')
    })
  })
})

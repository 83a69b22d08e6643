import { redis } from '@goka/storage-redis'
import { describe, expect, it } from '@jest/globals'
import { redisSettings } from '../src/options.ts'

const url = 'redis://127.0.0.1:1'
const refused = (options: unknown) => () => redis(options as Parameters<typeof redis>[0])

describe('the options of redis', () => {
  it('have defaults, and know what is secret', () => {
    expect(redisSettings({ url: 'rediss://me:p%40ss@localhost:6379/3' })).toEqual({
      url: 'rediss://me:p%40ss@localhost:6379/3',
      client: {},
      prefix: 'goka',
      lockTimeoutMs: 10_000,
      timeoutMs: 15_000,
      secrets: ['p%40ss', 'p@ss'],
    })
    const client = { host: 'localhost', password: 'one', sentinelPassword: 'two' }
    expect(redisSettings({ client }).secrets).toEqual(['one', 'two'])
  })

  it('connect to nothing before a store is opened', () => {
    // Nobody listens there, and nothing says so.
    expect(redis({ url, prefix: 'a.b_c:d/e-f' }).name).toBe('redis')
  })

  it('are refused with their name, what is expected and what came', () => {
    expect(refused({ url, timeoutMs: 5 })).toThrow(
      expect.objectContaining({
        code: 'GOKA_OPTION_INVALID',
        message: 'option redis.timeoutMs must be a whole number from 100 to 600000, received 5',
        details: {
          option: 'redis.timeoutMs',
          expected: 'a whole number from 100 to 600000',
          received: '5',
        },
      }),
    )
  })

  it.each([
    ['no options', undefined],
    ['neither url nor client', {}],
    ['both', { url, client: {} }],
    ['another protocol', { url: 'http://:s3cret@localhost' }],
    ['no URL', { url: 's3cret' }],
    ['a number', { url: 6379 }],
    ['a URL with options', { url: 'redis://:s3cret@localhost?keyPrefix=a' }],
    ['a database with a name', { url: 'redis://:s3cret@localhost/main' }],
    ['a password that is not encoded', { url: 'redis://:s3cret%@localhost' }],
    ['a client that is none', { client: 's3cret' }],
    ['a prefix of the client', { client: { password: 's3cret', keyPrefix: 'a' } }],
    ['a time-out of the client', { client: { commandTimeout: 5 } }],
    ['an empty prefix', { url, prefix: '' }],
    ['a prefix with braces', { url, prefix: '{a}' }],
    ['a prefix that is no text', { url, prefix: 1 }],
    ['a lock that is lost at once', { url, lockTimeoutMs: 0 }],
    ['a time as text', { url, lockTimeoutMs: '10s' }],
    ['a part of a millisecond', { url, timeoutMs: 1000.5 }],
    ['an unknown option', { url, password: 's3cret' }],
  ])('are refused, and nothing secret is shown: %s', (_, options) => {
    expect(refused(options)).toThrow(expect.objectContaining({ code: 'GOKA_OPTION_INVALID' }))
    expect(refused(options)).not.toThrow(/s3cret/)
  })
})

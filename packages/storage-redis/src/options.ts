import { GokaError } from '@goka/interface'
import type { RedisOptions } from 'ioredis'

/** What the storage decides itself, as what it promises stands on it. */
const OWN = [
  'autoResendUnfulfilledCommands',
  'commandQueue',
  'commandTimeout',
  'enableAutoPipelining',
  'enableOfflineQueue',
  'keyPrefix',
  'lazyConnect',
  'maxRetriesPerRequest',
  'monitor',
  'offlineQueue',
  'readOnly',
  'scripts',
  'stringNumbers',
] as const

/** How to connect, as ioredis takes it: host, port, credentials, TLS, sentinels. */
export type RedisClientOptions = Omit<RedisOptions, (typeof OWN)[number]>

/** Options of {@link redis}; one of `url` and `client` has to be there. */
export interface RedisStorageOptions {
  /** `redis://[[user]:password@]host[:port][/database]`; `rediss:` for TLS. */
  readonly url?: string
  /** The options of ioredis in place of a `url`; without those that the storage sets itself, such as `keyPrefix`. */
  readonly client?: RedisClientOptions
  /**
   * What the names of all keys begin with: `{<prefix>:<scope>:<topic>:<partition>}:values`. Letters, digits and `._:/-`.
   * Default `goka`. Stores of the same prefix are the same stores, wherever they are opened from.
   */
  readonly prefix?: string
  /**
   * For how long a store stays locked after its process was killed, in milliseconds; a living process renews its lock three
   * times in that span. 500 to 600000; default 10000, a third of what a processor waits for a lock.
   */
  readonly lockTimeoutMs?: number
  /**
   * For how long one operation is tried, a lost connection and its return included, in milliseconds. 100 to 600000;
   * default 15000.
   */
  readonly timeoutMs?: number
}

/** The options, checked and with their defaults. */
export interface RedisSettings {
  readonly url: string | undefined
  readonly client: RedisOptions
  readonly prefix: string
  readonly lockTimeoutMs: number
  readonly timeoutMs: number
  /** What must not be shown to anybody. */
  readonly secrets: readonly string[]
}

const KNOWN = ['url', 'client', 'prefix', 'lockTimeoutMs', 'timeoutMs']

/** Checks all options; none that may hold a password is shown. @throws GokaError `GOKA_OPTION_INVALID` */
export function redisSettings(options: RedisStorageOptions): RedisSettings {
  const given: unknown = options // JavaScript passes anything
  if (!isObject(given)) throw invalid('', 'an object', String(given))
  for (const option of Object.keys(given)) {
    if (!KNOWN.includes(option)) throw invalid(option, 'left out: redis has no such option', 'it')
  }
  const { url, client, prefix = 'goka' } = options
  if ((url === undefined) === (client === undefined)) {
    const received = url === undefined ? 'neither' : 'both'
    throw invalid('', 'given a url or the options of a client', received)
  }
  if (typeof prefix !== 'string' || !/^[\w.:/-]+$/.test(prefix)) {
    throw invalid('prefix', 'letters, digits and ._:/-', JSON.stringify(prefix))
  }
  const timeoutMs = milliseconds('timeoutMs', options.timeoutMs, 15_000, 100)
  return {
    url,
    client: clientOptions(client),
    prefix,
    lockTimeoutMs: milliseconds('lockTimeoutMs', options.lockTimeoutMs, 10_000, 500),
    timeoutMs,
    secrets: [...urlSecrets(url), ...secretsOf(client)],
  }
}

function clientOptions(client: unknown): RedisOptions {
  if (client === undefined) return {}
  if (!isObject(client)) throw invalid('client', 'the options of ioredis', typeof client)
  const own = OWN.find((option) => option in client)
  if (own !== undefined) throw invalid(`client.${own}`, 'left out: redis sets it itself', 'it')
  return client
}

/** Checks a URL, which is a secret as a whole until it is known to be one. */
function urlSecrets(url: string | undefined): string[] {
  if (url === undefined) return []
  const expected = 'redis://[[user]:password@]host[:port][/database], or the same with rediss:'
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined
  const fits =
    parsed !== undefined &&
    /^rediss?:$/.test(parsed.protocol) &&
    parsed.hostname !== '' &&
    /^(\/\d*)?$/.test(parsed.pathname) &&
    parsed.search + parsed.hash === ''
  if (!fits) throw invalid('url', expected, parsed === undefined ? 'no URL' : 'another URL')
  return [parsed.password, decoded(parsed.password)].filter((secret) => secret !== '')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid('url', 'percent-encoded where it has a %', 'a lone %')
  }
}

function secretsOf({ password, sentinelPassword }: RedisClientOptions = {}): string[] {
  return [password, sentinelPassword].flatMap((secret) =>
    typeof secret === 'string' && secret !== '' ? [secret] : [],
  )
}

function milliseconds(
  option: string,
  value: number | undefined,
  fallback: number,
  min: number,
): number {
  if (value === undefined) return fallback
  if (Number.isInteger(value) && value >= min && value <= 600_000) return value
  throw invalid(option, `a whole number from ${min} to 600000`, JSON.stringify(value) ?? 'nothing')
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function invalid(option: string, expected: string, received: string): GokaError {
  const name = option === '' ? 'redis' : `redis.${option}`
  return new GokaError(
    'GOKA_OPTION_INVALID',
    `option ${name} must be ${expected}, received ${received}`,
    { option: name, expected, received },
  )
}

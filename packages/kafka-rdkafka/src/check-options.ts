import { GokaError } from '@goka/interface'
import { ownedSettings } from './client-config.ts'
import type { RdkafkaOptions, SaslOptions, TlsOptions } from './rdkafka-options.ts'

/** Settings that carry a secret: their values are never shown. */
const secret = /password|passphrase|secret|sasl\.jaas|key\.pem|\.pem$/i

/** @throws GokaError `GOKA_OPTION_INVALID` */
export function checkOptions(options: RdkafkaOptions): void {
  checkBrokers(options.brokers)
  checkChoice('groupProtocol', options.groupProtocol, ['classic', 'consumer'])
  checkMs('sessionTimeoutMs', options.sessionTimeoutMs)
  checkMs('maxPollIntervalMs', options.maxPollIntervalMs)
  checkMs('deliveryTimeoutMs', options.deliveryTimeoutMs)
  checkMs('transactionTimeoutMs', options.transactionTimeoutMs)
  checkBoolean('nativeFastPath', options.nativeFastPath)
  if (options.groupProtocol === 'consumer' && options.sessionTimeoutMs !== undefined) {
    throw invalid(
      'sessionTimeoutMs',
      "left out with groupProtocol 'consumer', where the broker decides",
      options.sessionTimeoutMs,
    )
  }
  checkTls(options.tls)
  checkSasl(options.sasl)
  checkSettings(options)
}

function checkBrokers(brokers: unknown): void {
  const expected = 'a list of one or more host:port'
  if (!Array.isArray(brokers) || brokers.length === 0) throw invalid('brokers', expected, brokers)
  for (const broker of brokers) {
    if (typeof broker !== 'string' || !/^[^\s,]+:\d+$/.test(broker)) {
      throw invalid('brokers', expected, broker)
    }
  }
}

function checkTls(tls: unknown): void {
  if (tls === undefined || typeof tls === 'boolean') return
  if (typeof tls !== 'object' || tls === null) {
    throw invalid('tls', 'a boolean or an object', typeof tls)
  }
  const { ca, cert, key, passphrase, rejectUnauthorized } = tls as TlsOptions
  for (const [name, value] of Object.entries({ ca, cert, key, passphrase })) {
    if (value !== undefined && typeof value !== 'string') {
      throw invalid(`tls.${name}`, 'a string', typeof value)
    }
  }
  checkBoolean('tls.rejectUnauthorized', rejectUnauthorized)
  if ((cert === undefined) !== (key === undefined)) {
    throw invalid('tls', 'both cert and key, or neither', 'one of them')
  }
}

function checkSasl(sasl: unknown): void {
  if (sasl === undefined) return
  if (typeof sasl !== 'object' || sasl === null) throw invalid('sasl', 'an object', typeof sasl)
  const { mechanism, username, password } = sasl as SaslOptions
  checkChoice('sasl.mechanism', mechanism ?? null, ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])
  for (const [name, value] of Object.entries({ username, password })) {
    if (typeof value !== 'string' || value === '') {
      throw invalid(`sasl.${name}`, 'a string that is not empty', typeof value)
    }
  }
}

function checkSettings(options: RdkafkaOptions): void {
  const settings: unknown = options.librdkafka
  if (settings === undefined) return
  if (typeof settings !== 'object' || settings === null) {
    throw invalid('librdkafka', 'an object', typeof settings)
  }
  const owned = ownedSettings(options)
  for (const [name, value] of Object.entries(settings)) {
    const option = `librdkafka["${name}"]`
    const owner = owned.get(name)
    if (owner !== undefined) {
      throw invalid(option, `left out: it follows from ${owner}`, secret.test(name) ? '***' : value)
    }
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw invalid(option, 'a string, number or boolean', typeof value)
    }
  }
}

function checkMs(option: string, value: unknown): void {
  if (value === undefined) return
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 86_400_000) {
    return
  }
  throw invalid(option, 'milliseconds, an integer from 1 to 86400000', value)
}

function checkBoolean(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw invalid(option, 'a boolean', value)
}

function checkChoice(option: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || (typeof value === 'string' && choices.includes(value))) return
  throw invalid(option, choices.map((choice) => `'${choice}'`).join(' or '), value)
}

/** An option is not as it has to be. `received` must not be a secret. */
export function invalid(
  option: string,
  expected: string,
  value: unknown,
): GokaError<'GOKA_OPTION_INVALID'> {
  const received = typeof value === 'string' ? `'${value}'` : String(value)
  return new GokaError(
    'GOKA_OPTION_INVALID',
    `option ${option} must be ${expected}, received ${received}`,
    { option, expected, received },
  )
}

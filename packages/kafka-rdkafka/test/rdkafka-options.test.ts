import { isGokaError } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { type RdkafkaOptions, rdkafka } from '../src/index.ts'

const brokers = ['localhost:9092']
const secret = 'a-password'

/** What is thrown, which must be `GOKA_OPTION_INVALID`. */
function refusal(options: unknown): { option: string; received: string; message: string } {
  try {
    rdkafka(options as RdkafkaOptions)
  } catch (error) {
    if (!isGokaError(error, 'GOKA_OPTION_INVALID')) throw error
    return { ...error.details, message: error.message }
  }
  throw new Error('it was taken')
}

describe('rdkafka', () => {
  it('takes the options of a plain cluster, and of a guarded one', () => {
    expect(rdkafka({ brokers }).name).toBe('rdkafka')
    const guarded: RdkafkaOptions = {
      brokers: ['a.example:9093', 'b.example:9093'],
      groupProtocol: 'consumer',
      tls: { ca: 'PEM', cert: 'PEM', key: 'PEM', passphrase: secret },
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'goka', password: secret },
      librdkafka: { 'socket.timeout.ms': 30_000, 'compression.codec': 'snappy' },
    }
    expect(rdkafka(guarded).name).toBe('rdkafka')
  })

  it.each([
    ['no brokers', {}, 'brokers'],
    ['an empty list of brokers', { brokers: [] }, 'brokers'],
    ['a broker without a port', { brokers: ['localhost'] }, 'brokers'],
    ['several brokers in one string', { brokers: ['a:1,b:2'] }, 'brokers'],
    ['an unknown protocol', { brokers, groupProtocol: 'share' }, 'groupProtocol'],
    ['a time-out of zero', { brokers, sessionTimeoutMs: 0 }, 'sessionTimeoutMs'],
    ['a time-out of a fraction', { brokers, deliveryTimeoutMs: 1.5 }, 'deliveryTimeoutMs'],
    [
      'a session time-out where the broker decides',
      { brokers, groupProtocol: 'consumer', sessionTimeoutMs: 6_000 },
      'sessionTimeoutMs',
    ],
    ['a certificate without its key', { brokers, tls: { cert: 'PEM' } }, 'tls'],
    [
      'a mechanism that needs more than a password',
      sasl({ mechanism: 'GSSAPI' }),
      'sasl.mechanism',
    ],
    ['no mechanism', sasl({ mechanism: undefined }), 'sasl.mechanism'],
    ['an empty name', sasl({ username: '' }), 'sasl.username'],
    [
      'a fast path that is neither on nor off',
      { brokers, nativeFastPath: 'yes' },
      'nativeFastPath',
    ],
  ])('refuses %s', (_, options, option) => {
    expect(refusal(options).option).toBe(option)
  })

  it.each([
    ['group.id', 'the group'],
    ['enable.auto.commit', 'commits, which are made by the library alone'],
    ['transactional.id', "the producer's transactionalId"],
    ['bootstrap.servers', 'brokers'],
    ['session.timeout.ms', 'sessionTimeoutMs'],
    ['plugin.library.paths', 'nativeFastPath'],
    ['dr_cb', 'how deliveries are counted'],
  ])('refuses the setting %s and says what decides it', (name, owner) => {
    const { option, message } = refusal({ brokers, librdkafka: { [name]: 'x' } })
    expect(option).toBe(`librdkafka["${name}"]`)
    expect(message).toContain(owner)
  })

  it('refuses settings of security when an option has decided them, and takes them otherwise', () => {
    const settings = { 'security.protocol': 'sasl_ssl', 'sasl.mechanisms': 'OAUTHBEARER' }
    expect(rdkafka({ brokers, librdkafka: settings }).name).toBe('rdkafka')
    expect(refusal({ ...sasl({}), librdkafka: settings }).message).toContain('sasl')
    expect(refusal({ brokers, tls: true, librdkafka: settings }).message).toContain('tls')
  })

  it('refuses a setting that is neither string, number nor boolean', () => {
    const option = 'librdkafka["statistics.interval.ms"]'
    expect(refusal({ brokers, librdkafka: { 'statistics.interval.ms': null } }).option).toBe(option)
    expect(refusal({ brokers, librdkafka: { log_cb: () => undefined } }).received).toBe(
      "'function'",
    )
  })

  it('never shows a secret', () => {
    const refusals = [
      refusal({ ...sasl({}), librdkafka: { 'sasl.password': secret } }),
      refusal({
        brokers,
        tls: { passphrase: secret },
        librdkafka: { 'ssl.key.password': secret },
      }),
      refusal(sasl({ username: 7 })),
      refusal({ brokers, tls: { key: secret } }),
    ]
    expect(JSON.stringify(refusals)).not.toContain(secret)
  })
})

function sasl(part: object): object {
  return { brokers, sasl: { mechanism: 'PLAIN', username: 'goka', password: secret, ...part } }
}

import type { GroupConsumerOptions } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import {
  adminConfig,
  groupConfig,
  maxRecordBytes,
  producerConfig,
  readerConfig,
  topicAdminConfig,
} from '../src/client-config.ts'
import type { RdkafkaOptions } from '../src/index.ts'
import { clientContext } from './client-context.ts'

const context = clientContext('orders-1')
const plain: RdkafkaOptions = { brokers: ['a.example:9092', 'b.example:9092'] }
const reader = { isolation: 'read_committed' } as const
const member: GroupConsumerOptions = {
  group: 'orders',
  topics: ['in'],
  isolation: 'read_committed',
  listener: {
    assigned: async () => [],
    revoked: async () => undefined,
    lost: async () => undefined,
  },
}

describe('the settings of every client', () => {
  const all = (options: RdkafkaOptions) => [
    adminConfig(options, context),
    topicAdminConfig(options, context),
    readerConfig(options, reader, context, 'group'),
    groupConfig(options, member, context),
    producerConfig(options, {}, context),
  ]

  it('name the brokers and the client, create no topics and report no metrics', () => {
    for (const { global } of all(plain)) {
      expect(global).toMatchObject({
        'bootstrap.servers': 'a.example:9092,b.example:9092',
        'client.id': 'orders-1',
        'broker.address.family': 'any',
        'allow.auto.create.topics': false,
        'enable.metrics.push': false,
      })
    }
  })

  it('look for a local broker where brokers listen', () => {
    const families = all({ brokers: ['localhost:9092', '127.0.0.1:9093'] }).map(
      ({ global }) => global['broker.address.family'],
    )
    expect(new Set(families)).toEqual(new Set(['v4']))
    const [mixed] = all({ brokers: ['localhost:9092', 'a.example:9092'] })
    expect(mixed?.global['broker.address.family']).toBe('any')
  })

  it('carry the settings that are passed on, in the place where librdkafka takes them', () => {
    const options = {
      ...plain,
      librdkafka: { 'socket.timeout.ms': 1_000, 'request.timeout.ms': 2_000 },
    }
    for (const { global, topic } of all(options)) {
      expect(global['socket.timeout.ms']).toBe(1_000)
      expect(global).not.toHaveProperty(['request.timeout.ms'])
      expect(topic['request.timeout.ms']).toBe(2_000)
    }
  })

  it.each<[string, Partial<RdkafkaOptions>, object]>([
    ['nothing', {}, {}],
    ['tls', { tls: true }, { 'security.protocol': 'ssl' }],
    ['tls off', { tls: false }, {}],
    [
      'certificates',
      { tls: { ca: 'CA', cert: 'CERT', key: 'KEY', passphrase: 'P' } },
      {
        'security.protocol': 'ssl',
        'ssl.ca.pem': 'CA',
        'ssl.certificate.pem': 'CERT',
        'ssl.key.pem': 'KEY',
        'ssl.key.password': 'P',
      },
    ],
    [
      'certificates that are not checked',
      { tls: { rejectUnauthorized: false } },
      {
        'security.protocol': 'ssl',
        'enable.ssl.certificate.verification': false,
        'ssl.endpoint.identification.algorithm': 'none',
      },
    ],
    [
      'a password',
      { sasl: { mechanism: 'PLAIN', username: 'u', password: 'p' } },
      {
        'security.protocol': 'sasl_plaintext',
        'sasl.mechanisms': 'PLAIN',
        'sasl.username': 'u',
        'sasl.password': 'p',
      },
    ],
    [
      'a password over tls',
      { tls: true, sasl: { mechanism: 'SCRAM-SHA-256', username: 'u', password: 'p' } },
      { 'security.protocol': 'sasl_ssl', 'sasl.mechanisms': 'SCRAM-SHA-256' },
    ],
  ])('follow from %s', (_, part, expected) => {
    const secured = /^(security|ssl|sasl|enable\.ssl)/
    for (const { global } of all({ ...plain, ...part })) {
      const found = Object.entries(global).filter(([name]) => secured.test(name))
      expect(Object.fromEntries(found)).toMatchObject(expected)
      if (Object.keys(expected).length === 0) expect(found).toEqual([])
    }
  })
})

describe('the settings of consumers', () => {
  it('never commit, never reset and always tell an end', () => {
    for (const { global, topic } of [
      readerConfig(plain, reader, context, 'group'),
      groupConfig(plain, member, context),
    ]) {
      expect(global).toMatchObject({
        'enable.auto.commit': false,
        'enable.auto.offset.store': false,
        'enable.partition.eof': true,
        'isolation.level': 'read_committed',
      })
      expect(topic).toEqual({ 'auto.offset.reset': 'error' })
    }
  })

  it('let the passed settings win over the defaults of fetching', () => {
    const options = { ...plain, librdkafka: { 'fetch.wait.max.ms': 5 } }
    const { global } = readerConfig(options, reader, context, 'group')
    expect(global['fetch.wait.max.ms']).toBe(5)
  })

  it('co-partition in the classic protocol, with three heartbeats in a session', () => {
    const { global } = groupConfig({ ...plain, sessionTimeoutMs: 900 }, member, context)
    expect(global).toMatchObject({
      'group.id': 'orders',
      'group.protocol': 'classic',
      'partition.assignment.strategy': 'range',
      'session.timeout.ms': 900,
      'heartbeat.interval.ms': 300,
      'max.poll.interval.ms': 300_000,
    })
    expect(groupConfig(plain, member, context).global['heartbeat.interval.ms']).toBe(500)
  })

  it('co-partition in the protocol of KIP-848, and leave the session to the broker', () => {
    const { global } = groupConfig({ ...plain, groupProtocol: 'consumer' }, member, context)
    expect(global).toMatchObject({
      'group.protocol': 'consumer',
      'group.remote.assignor': 'range',
    })
    expect(global).not.toHaveProperty(['session.timeout.ms'])
    expect(global).not.toHaveProperty(['partition.assignment.strategy'])
  })

  it('name a static member only if it is one', () => {
    expect(groupConfig(plain, member, context).global).not.toHaveProperty(['group.instance.id'])
    const named = groupConfig(plain, { ...member, instanceId: 'first' }, context)
    expect(named.global['group.instance.id']).toBe('first')
  })
})

describe('the settings of producers', () => {
  it('are idempotent and send at once', () => {
    const { global, topic } = producerConfig(plain, {}, context)
    expect(global).toMatchObject({ 'enable.idempotence': true, 'linger.ms': 0 })
    expect(global).not.toHaveProperty(['transactional.id'])
    expect(topic).toEqual({ 'message.timeout.ms': 120_000 })
    expect(producerConfig(plain, { lingerMs: 7 }, context).global['linger.ms']).toBe(7)
  })

  it('give no delivery more time than its transaction has', () => {
    const options = { transactionalId: 'orders-1' }
    const { global, topic } = producerConfig(plain, options, context)
    expect(global).toMatchObject({
      'transactional.id': 'orders-1',
      'transaction.timeout.ms': 10_000,
      'retry.backoff.ms': 10,
    })
    expect(topic).toEqual({ 'message.timeout.ms': 10_000 })
  })
})

describe('the largest record', () => {
  it('is what message.max.bytes leaves for key, value and headers', () => {
    expect(maxRecordBytes(plain)).toBe(1_048_576 - 36)
    expect(maxRecordBytes({ ...plain, librdkafka: { 'message.max.bytes': 5_000 } })).toBe(4_964)
  })
})

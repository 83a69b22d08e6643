import type {
  ClientContext,
  GroupConsumerOptions,
  PartitionReaderOptions,
  ProducerOptions,
} from '@goka/interface'
import type { RdkafkaOptions } from './rdkafka-options.ts'

/** Settings of librdkafka, as node-rdkafka takes them. */
export type Settings = Readonly<Record<string, string | number | boolean>>

/** What librdkafka and node-rdkafka are told for one client. */
export interface ClientConfig {
  readonly global: Settings
  readonly topic: Settings
}

const defaultSessionTimeoutMs = 45_000
const defaultDeliveryTimeoutMs = 120_000
const defaultTransactionTimeoutMs = 10_000

/** As the Java client, and as much as a topic takes by default. */
const defaultMessageMaxBytes = 1_048_576

/** What librdkafka counts for a record besides key, value and headers: `RD_KAFKAP_MESSAGE_V2_MAX_OVERHEAD` in `rdkafka_proto.h`. */
const recordOverheadBytes = 36

/** How many bytes of key, value and headers a producer takes in a record. */
export function maxRecordBytes(options: RdkafkaOptions): number {
  const limit = passedOn(options).global['message.max.bytes'] ?? defaultMessageMaxBytes
  return Math.max(0, Number(limit) - recordOverheadBytes)
}

/** How long a transaction may last, in milliseconds. */
export function transactionTimeoutMs(options: RdkafkaOptions): number {
  return options.transactionTimeoutMs ?? defaultTransactionTimeoutMs
}

/** How long a record may take, in milliseconds: in a transaction no longer than that may last. */
export function deliveryTimeoutMs(options: RdkafkaOptions, inTransaction: boolean): number {
  const timeoutMs = options.deliveryTimeoutMs ?? defaultDeliveryTimeoutMs
  return inTransaction ? Math.min(timeoutMs, transactionTimeoutMs(options)) : timeoutMs
}

/** Settings that belong to a contract of the library, and to which. */
const contracts: Readonly<Record<string, string>> = {
  'client.id': 'the client id that the library gives',
  'group.id': 'the group',
  'group.instance.id': "the group consumer's instanceId",
  'group.remote.assignor': 'co-partitioning',
  'partition.assignment.strategy': 'co-partitioning',
  'isolation.level': 'the isolation that the library asks for',
  'enable.auto.commit': 'commits, which are made by the library alone',
  'auto.commit.enable': 'commits, which are made by the library alone',
  'enable.auto.offset.store': 'commits, which are made by the library alone',
  'enable.partition.eof': 'the ends of partitions, which the library must see',
  'auto.offset.reset': 'positions, which are set by the library alone',
  'allow.auto.create.topics': 'topics, which are created by name and never by asking',
  'enable.idempotence': 'the promise of producers',
  acks: 'the promise of producers',
  'request.required.acks': 'the promise of producers',
  'transactional.id': "the producer's transactionalId",
  'linger.ms': "the producer's lingerMs",
  'queue.buffering.max.ms': "the producer's lingerMs",
  'delivery.report.only.error': 'how deliveries are counted',
  'plugin.library.paths': 'nativeFastPath',
  rebalance_cb: 'rebalances, which are answered by the library alone',
  offset_commit_cb: 'commits, which are made by the library alone',
  event_cb: 'events, which the adapter listens to',
  dr_cb: 'how deliveries are counted',
  dr_msg_cb: 'how deliveries are counted',
}

/** Settings that follow from options of the adapter, and from which. */
const optionSettings: Readonly<Record<string, string>> = {
  'bootstrap.servers': 'brokers',
  'metadata.broker.list': 'brokers',
  'group.protocol': 'groupProtocol',
  'session.timeout.ms': 'sessionTimeoutMs',
  'heartbeat.interval.ms': 'sessionTimeoutMs',
  'max.poll.interval.ms': 'maxPollIntervalMs',
  'message.timeout.ms': 'deliveryTimeoutMs',
  'delivery.timeout.ms': 'deliveryTimeoutMs',
  'transaction.timeout.ms': 'transactionTimeoutMs',
}

/** What a user may not set, by name, each with what decides it. */
export function ownedSettings(options: RdkafkaOptions): ReadonlyMap<string, string> {
  const owned = new Map([...Object.entries(contracts), ...Object.entries(optionSettings)])
  for (const name of Object.keys(security(options))) {
    owned.set(name, options.sasl === undefined || name.startsWith('ssl.') ? 'tls' : 'tls and sasl')
  }
  // Another name of the same setting.
  if (options.sasl !== undefined) owned.set('sasl.mechanism', 'sasl')
  return owned
}

/** librdkafka's settings of topics that are not settings of a client too: node-rdkafka takes them apart from the others. */
const topicLevel: ReadonlySet<string> = new Set([
  'compression.level',
  'queuing.strategy',
  'request.timeout.ms',
])

/** A client that only asks: metadata, offsets. */
export function adminConfig(options: RdkafkaOptions, context: ClientContext): ClientConfig {
  return reading(options, context, 'read_uncommitted', {
    'group.id': `${context.clientId}-admin`,
  })
}

/** A client for `AdminClient`, which is a producer inside. */
export function topicAdminConfig(options: RdkafkaOptions, context: ClientContext): ClientConfig {
  const given = passedOn(options)
  return {
    global: { ...common(options, context), ...given.global },
    topic: given.topic,
  }
}

/** @param group - of this reader alone; nothing is committed for it */
export function readerConfig(
  options: RdkafkaOptions,
  { isolation }: PartitionReaderOptions,
  context: ClientContext,
  group: string,
): ClientConfig {
  return reading(options, context, isolation, { 'group.id': group })
}

export function groupConfig(
  options: RdkafkaOptions,
  { group, instanceId, isolation }: GroupConsumerOptions,
  context: ClientContext,
): ClientConfig {
  const consumerProtocol = options.groupProtocol === 'consumer'
  const sessionTimeoutMs = options.sessionTimeoutMs ?? defaultSessionTimeoutMs
  return reading(options, context, isolation, {
    'group.id': group,
    'max.poll.interval.ms': options.maxPollIntervalMs ?? 300_000,
    ...(instanceId !== undefined && { 'group.instance.id': instanceId }),
    // Range is what co-partitions in both protocols: a partition number of all topics goes to one member.
    ...(consumerProtocol
      ? { 'group.protocol': 'consumer', 'group.remote.assignor': 'range' }
      : {
          'group.protocol': 'classic',
          'partition.assignment.strategy': 'range',
          'session.timeout.ms': sessionTimeoutMs,
          // A member learns of a rebalance by its heartbeat: how long a partition stands still when it moves depends on it.
          'heartbeat.interval.ms': Math.max(1, Math.min(500, Math.floor(sessionTimeoutMs / 3))),
        }),
  })
}

export function producerConfig(
  options: RdkafkaOptions,
  { lingerMs, transactionalId }: ProducerOptions & { readonly transactionalId?: string },
  context: ClientContext,
): ClientConfig {
  const given = passedOn(options)
  return {
    global: {
      ...common(options, context),
      'compression.codec': 'lz4',
      'message.max.bytes': defaultMessageMaxBytes,
      'queue.buffering.max.kbytes': 65_536,
      ...(transactionalId !== undefined && {
        // The previous transaction is still being completed when the next sends its offsets: librdkafka then waits for this.
        'retry.backoff.ms': 10,
        'retry.backoff.max.ms': 100,
        // A commit of offsets that has lost the group's coordinator looks for it again when any connection comes or goes.
        'connections.max.idle.ms': 5_000,
      }),
      ...given.global,
      'enable.idempotence': true,
      'linger.ms': lingerMs ?? 0,
      ...(transactionalId !== undefined && {
        'transactional.id': transactionalId,
        'transaction.timeout.ms': transactionTimeoutMs(options),
      }),
    },
    topic: {
      ...given.topic,
      'message.timeout.ms': deliveryTimeoutMs(options, transactionalId !== undefined),
    },
  }
}

function reading(
  options: RdkafkaOptions,
  context: ClientContext,
  isolation: string,
  own: Settings,
): ClientConfig {
  const given = passedOn(options)
  return {
    global: {
      ...common(options, context),
      // A fetch that waits for data holds up seeks, resumed partitions and the news that an end is reached.
      'fetch.wait.max.ms': 50,
      // Defaults of 1000 and 500 make a reader stand still whenever its small queue was full.
      'fetch.queue.backoff.ms': 2,
      'fetch.error.backoff.ms': 100,
      // Seeks, pauses and revokes wait behind what was fetched ahead, so that is kept small: enough for 30 milliseconds of small
      // records, as nothing is taken while a commit is written.
      'queued.min.messages': 60_000,
      'queued.max.messages.kbytes': 16_384,
      ...given.global,
      'isolation.level': isolation,
      'enable.auto.commit': false,
      'enable.auto.offset.store': false,
      'enable.partition.eof': true,
      ...own,
    },
    topic: { ...given.topic, 'auto.offset.reset': 'error' },
  }
}

function passedOn(options: RdkafkaOptions): ClientConfig {
  const given = Object.entries(options.librdkafka ?? {})
  return {
    global: Object.fromEntries(given.filter(([name]) => !topicLevel.has(name))),
    topic: Object.fromEntries(given.filter(([name]) => topicLevel.has(name))),
  }
}

function common(options: RdkafkaOptions, context: ClientContext): Settings {
  return {
    'bootstrap.servers': options.brokers.join(','),
    'client.id': context.clientId,
    'broker.address.family': options.brokers.every(isLoopback) ? 'v4' : 'any',
    'reconnect.backoff.max.ms': 2_000,
    'socket.keepalive.enable': true,
    'log.connection.close': false,
    'enable.metrics.push': false,
    'allow.auto.create.topics': false,
    ...security(options),
  }
}

/** `localhost` often resolves to `::1` first, where a broker that listens on 127.0.0.1 is not. */
function isLoopback(broker: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+):/.test(broker)
}

function security({ tls, sasl }: RdkafkaOptions): Settings {
  const encrypted = tls !== undefined && tls !== false
  const files = typeof tls === 'object' ? tls : {}
  return {
    ...((encrypted || sasl !== undefined) && {
      'security.protocol': sasl === undefined ? 'ssl' : encrypted ? 'sasl_ssl' : 'sasl_plaintext',
    }),
    ...(files.ca !== undefined && { 'ssl.ca.pem': files.ca }),
    ...(files.cert !== undefined && { 'ssl.certificate.pem': files.cert }),
    ...(files.key !== undefined && { 'ssl.key.pem': files.key }),
    ...(files.passphrase !== undefined && { 'ssl.key.password': files.passphrase }),
    ...(files.rejectUnauthorized === false && {
      'enable.ssl.certificate.verification': false,
      'ssl.endpoint.identification.algorithm': 'none',
    }),
    ...(sasl !== undefined && {
      'sasl.mechanisms': sasl.mechanism,
      'sasl.username': sasl.username,
      'sasl.password': sasl.password,
    }),
  }
}

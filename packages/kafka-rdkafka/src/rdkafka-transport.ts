import { randomUUID } from 'node:crypto'
import type {
  Admin,
  ClientContext,
  GroupConsumer,
  GroupConsumerOptions,
  PartitionReader,
  PartitionReaderOptions,
  Producer,
  ProducerOptions,
  TransactionalProducer,
  Transport,
  TransportCapabilities,
} from '@goka/interface'
import client from 'node-rdkafka'
import { RdkafkaAdmin } from './admin/admin.ts'
import { checkOptions, invalid } from './check-options.ts'
import { Connection } from './client/connection.ts'
import {
  adminConfig,
  type ClientConfig,
  deliveryTimeoutMs,
  groupConfig,
  maxRecordBytes,
  producerConfig,
  readerConfig,
  topicAdminConfig,
  transactionTimeoutMs,
} from './client-config.ts'
import { RdkafkaGroupConsumer } from './consume/group-consumer.ts'
import { RdkafkaPartitionReader } from './consume/partition-reader.ts'
import { Rebalances } from './consume/rebalances.ts'
import { loadNative } from './native/addon.ts'
import { nativePath } from './native-path.ts'
import { plainPath } from './plain-path.ts'
import { RdkafkaProducer } from './produce/producer.ts'
import { RdkafkaTransactionalProducer } from './produce/transactional-producer.ts'
import type { RdkafkaOptions } from './rdkafka-options.ts'
import type { RecordPath } from './record-path.ts'
import type { RecordSource, RecordSourceOptions } from './record-source.ts'

/** Enough that batches cost little, few enough that what is dropped in a rebalance is little. */
const batchLimits = { maxRecords: 1_000, maxBytes: 1_048_576 }

/**
 * The way to Kafka by node-rdkafka. Nothing is connected before a client is asked for.
 * @throws GokaError `GOKA_OPTION_INVALID`
 */
export function rdkafka(options: RdkafkaOptions): Transport {
  checkOptions(options)
  return new RdkafkaTransport(options)
}

class RdkafkaTransport implements Transport {
  readonly name = 'rdkafka'
  readonly #options: RdkafkaOptions
  #path: RecordPath | undefined
  #absent: string | undefined
  #said = false

  constructor(options: RdkafkaOptions) {
    this.#options = options
  }

  get capabilities(): TransportCapabilities {
    return { ...this.#records().capabilities, maxRecordBytes: maxRecordBytes(this.#options) }
  }

  async admin(context: ClientContext): Promise<Admin> {
    const path = this.#use(context)
    const connection = await this.#consumer(adminConfig(this.#options, context), context)
    return new RdkafkaAdmin(context, {
      connection,
      topicClient: () => {
        const { global } = topicAdminConfig(this.#options, context)
        return client.AdminClient.create({ ...global })
      },
      extension: path.adminExtension(connection),
    })
  }

  async producer(options: ProducerOptions, context: ClientContext): Promise<Producer> {
    checkLinger(options.lingerMs)
    const path = this.#use(context)
    const connection = await this.#producer(options, context)
    const sink = path.sink(connection, context.clock)
    const limitMs = deliveryTimeoutMs(this.#options, false)
    return new RdkafkaProducer(context, connection, sink, limitMs)
  }

  async transactionalProducer(
    options: ProducerOptions & { readonly transactionalId: string },
    context: ClientContext,
  ): Promise<TransactionalProducer> {
    checkLinger(options.lingerMs)
    checkName('transactionalId', options.transactionalId)
    const path = this.#use(context)
    const connection = await this.#producer(options, context)
    const sink = path.sink(connection, context.clock)
    const producer = new RdkafkaTransactionalProducer(context, connection, sink, path.sendOffsets, {
      transactionalId: options.transactionalId,
      deliveryTimeoutMs: deliveryTimeoutMs(this.#options, true),
      limitMs: transactionTimeoutMs(this.#options),
      groupProtocol: this.#options.groupProtocol ?? 'classic',
    })
    try {
      await producer.init()
    } catch (error) {
      await producer.close()
      throw error
    }
    return producer
  }

  async groupConsumer(
    options: GroupConsumerOptions,
    context: ClientContext,
  ): Promise<GroupConsumer> {
    checkName('group', options.group)
    if (options.topics.length === 0) throw invalid('topics', 'one topic or more', 'none')
    const path = this.#use(context)
    const { clock } = context
    const rebalances = new Rebalances(options.listener, context.log)
    const connection = await this.#consumer(groupConfig(this.#options, options, context), context, {
      rebalance_cb: rebalances.callback,
      offset_commit_cb: true,
    })
    return new RdkafkaGroupConsumer(options, context, {
      connection,
      rebalances,
      source: sourceOf(path, connection, context, true),
      committer: (source) => path.committer(connection, clock, source),
    })
  }

  async partitionReader(
    options: PartitionReaderOptions,
    context: ClientContext,
  ): Promise<PartitionReader> {
    const path = this.#use(context)
    const group = `${context.clientId}-reader-${randomUUID()}`
    const connection = await this.#consumer(
      readerConfig(this.#options, options, context, group),
      context,
    )
    return new RdkafkaPartitionReader(context, {
      connection,
      source: sourceOf(path, connection, context, false),
    })
  }

  async #consumer(
    config: ClientConfig,
    context: ClientContext,
    callbacks: Parameters<typeof Connection.consumer>[3] = {},
  ): Promise<Connection<client.KafkaConsumer>> {
    const settings = { ...config.global, ...this.#records().consumerSettings }
    return await Connection.consumer(
      { ...config, global: settings },
      context,
      this.#options.brokers,
      callbacks,
    )
  }

  async #producer(
    options: ProducerOptions & { readonly transactionalId?: string },
    context: ClientContext,
  ): Promise<Connection<client.Producer>> {
    const config = producerConfig(this.#options, options, context)
    const settings = { ...config.global, ...this.#records().producerSettings }
    return await Connection.producer(
      { ...config, global: settings },
      context,
      this.#options.brokers,
    )
  }

  /** The path that records take, found when it is first needed. */
  #records(): RecordPath {
    if (this.#path === undefined) {
      const native =
        this.#options.nativeFastPath === false
          ? undefined
          : loadNative((reason) => {
              this.#absent = reason
            })
      this.#path = native === undefined ? plainPath : nativePath(native)
    }
    return this.#path
  }

  /** Says once in the log which path is in use. */
  #use(context: ClientContext): RecordPath {
    const path = this.#records()
    if (!this.#said) {
      this.#said = true
      if (this.#absent !== undefined) {
        context.log.warn(
          { reason: this.#absent },
          'records go through node-rdkafka alone, which is slower: the native part is not in use',
        )
      } else {
        context.log.debug({ native: path.capabilities.nativeBatches }, 'kafka transport in use')
      }
    }
    return path
  }
}

function sourceOf(
  path: RecordPath,
  connection: Connection<client.KafkaConsumer>,
  { clock }: ClientContext,
  numberKeys: boolean,
): (onFault: RecordSourceOptions['onFault']) => RecordSource {
  return (onFault) => path.source(connection, clock, { ...batchLimits, numberKeys, onFault })
}

function checkName(option: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') {
    throw invalid(option, 'a string that is not empty', value)
  }
}

function checkLinger(lingerMs: number | undefined): void {
  if (lingerMs === undefined || (lingerMs >= 0 && lingerMs <= 900_000)) return
  throw invalid('lingerMs', 'milliseconds from 0 to 900000', lingerMs)
}

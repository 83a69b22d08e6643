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
import { EmbeddedAdmin } from './admin.ts'
import { Broker, type EmbeddedBroker } from './broker.ts'
import { EmbeddedGroupConsumer } from './group-consumer.ts'
import { type EmbeddedBrokerOptions, invalid } from './options.ts'
import { EmbeddedPartitionReader } from './partition-reader.ts'
import { EmbeddedProducer } from './producer.ts'
import { EmbeddedTransactionalProducer } from './transactional-producer.ts'

/** A {@link Transport} to a broker in the process. */
export interface EmbeddedTransport extends Transport {
  /** The broker: the one that was given, or the transport's own. */
  readonly broker: EmbeddedBroker
}

/**
 * A transport to an embedded broker: to one that others use too (`{ broker }`), or to one of its own, with these options.
 * @throws GokaError `GOKA_OPTION_INVALID`
 */
export function embedded(
  options: { readonly broker: EmbeddedBroker } | EmbeddedBrokerOptions = {},
): EmbeddedTransport {
  if (!('broker' in options)) return new BrokerTransport(new Broker(options))
  const { broker } = options
  if (!(broker instanceof Broker)) throw invalid('broker', 'what embeddedBroker returns', broker)
  return new BrokerTransport(broker)
}

class BrokerTransport implements EmbeddedTransport {
  readonly name = 'embedded'
  readonly capabilities: TransportCapabilities = {
    nativeBatches: true,
    topicConfig: true,
    groupOffsets: true,
    deleteRecords: true,
    binaryHeaders: true,
    emptyKeys: true,
  }
  readonly broker: Broker

  constructor(broker: Broker) {
    this.broker = broker
  }

  async admin(context: ClientContext): Promise<Admin> {
    return new EmbeddedAdmin(this.broker, await this.broker.connect(context))
  }

  async producer(_options: ProducerOptions, context: ClientContext): Promise<Producer> {
    return new EmbeddedProducer(this.broker, await this.broker.connect(context))
  }

  async transactionalProducer(
    { transactionalId }: ProducerOptions & { readonly transactionalId: string },
    context: ClientContext,
  ): Promise<TransactionalProducer> {
    const { broker } = this
    const connection = await broker.connect(context)
    try {
      const producerId = await connection.request(
        'transaction',
        { operation: 'init-producer' },
        () => broker.transactions.init(transactionalId),
      )
      return new EmbeddedTransactionalProducer(broker, connection, transactionalId, producerId)
    } catch (error) {
      connection.close()
      throw error
    }
  }

  async groupConsumer(
    options: GroupConsumerOptions,
    context: ClientContext,
  ): Promise<GroupConsumer> {
    return new EmbeddedGroupConsumer(this.broker, await this.broker.connect(context), options)
  }

  async partitionReader(
    options: PartitionReaderOptions,
    context: ClientContext,
  ): Promise<PartitionReader> {
    return new EmbeddedPartitionReader(this.broker, await this.broker.connect(context), options)
  }
}

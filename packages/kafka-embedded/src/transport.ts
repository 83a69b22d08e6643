import { GokaError } from '@goka/interface'
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
import type { EmbeddedBrokerOptions } from './options.ts'
import { EmbeddedPartitionReader } from './partition-reader.ts'
import { EmbeddedProducer } from './producer.ts'

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
  return new BrokerTransport('broker' in options ? (options.broker as Broker) : new Broker(options))
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
    _options: ProducerOptions & { readonly transactionalId: string },
    _context: ClientContext,
  ): Promise<TransactionalProducer> {
    throw new GokaError(
      'GOKA_TRANSPORT_UNSUPPORTED',
      'the embedded broker has no transactions yet: use a producer',
      { operation: 'transactionalProducer', reason: 'not implemented' },
    )
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

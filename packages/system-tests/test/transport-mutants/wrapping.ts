import type {
  Admin,
  GroupConsumer,
  GroupConsumerOptions,
  PartitionReader,
  PartitionReaderOptions,
  Producer,
  ProducerOptions,
  RebalanceListener,
  TransactionalProducer,
  Transport,
  TransportCapabilities,
} from '@goka/interface'

/** What a mutant changes of a transport; what it does not name stays as it is. */
export interface Wrapping {
  readonly name?: string
  readonly capabilities?: Partial<TransportCapabilities>
  readonly admin?: (admin: Admin, transport: Transport) => Partial<Admin>
  /** Of both kinds of producers. */
  readonly producer?: (producer: Producer, transport: Transport) => Partial<Producer>
  readonly transactional?: (
    producer: TransactionalProducer,
    transport: Transport,
    transactionalId: string,
  ) => Partial<TransactionalProducer>
  readonly reader?: (reader: PartitionReader) => Partial<PartitionReader>
  readonly consumer?: (
    consumer: GroupConsumer,
    options: GroupConsumerOptions,
  ) => Partial<GroupConsumer>
  /** `consumer` gives the client that the listener is of, once it is made. */
  readonly listener?: (
    listener: RebalanceListener,
    consumer: () => GroupConsumer,
  ) => Partial<RebalanceListener>
  readonly producerOptions?: (options: ProducerOptions) => ProducerOptions
  readonly transactionalId?: (transactionalId: string) => string
  readonly readerOptions?: (options: PartitionReaderOptions) => PartitionReaderOptions
  readonly consumerOptions?: (options: GroupConsumerOptions) => GroupConsumerOptions
}

const targets = new WeakMap<object, object>()

/** `target` with some members replaced. */
function delegate<T extends object>(target: T, members: Partial<T>): T {
  const proxy = new Proxy(target, {
    get(_target, member): unknown {
      if (member in members) return members[member as keyof T]
      const value: unknown = Reflect.get(target, member, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  targets.set(proxy, target)
  return proxy
}

/** What is inside of all delegates around it. */
function inner<T extends object>(proxy: T): T {
  let target: object = proxy
  for (;;) {
    const next = targets.get(target)
    if (next === undefined) return target as T
    target = next
  }
}

export function wrap(transport: Transport, wrapping: Wrapping): Transport {
  const same = <T>(options: T): T => options
  return {
    name: wrapping.name ?? transport.name,
    capabilities: { ...transport.capabilities, ...wrapping.capabilities },
    admin: async (context) => {
      const admin = await transport.admin(context)
      return delegate(admin, wrapping.admin?.(admin, transport) ?? {})
    },
    producer: async (options, context) => {
      const producer = await transport.producer(
        (wrapping.producerOptions ?? same)(options),
        context,
      )
      return delegate(producer, wrapping.producer?.(producer, transport) ?? {})
    },
    transactionalProducer: async (options, context) => {
      const transactionalId = (wrapping.transactionalId ?? same)(options.transactionalId)
      const made = await transport.transactionalProducer({ ...options, transactionalId }, context)
      // A broker takes its own consumers alone.
      const producer = delegate(made, {
        commit: (consumer, offsets) => made.commit(inner(consumer), offsets),
      })
      const sender = delegate<TransactionalProducer>(
        producer,
        wrapping.producer?.(producer, transport) ?? {},
      )
      return delegate(sender, wrapping.transactional?.(sender, transport, transactionalId) ?? {})
    },
    groupConsumer: async (given, context) => {
      const options = (wrapping.consumerOptions ?? same)(given)
      const made: { consumer?: GroupConsumer } = {}
      const of = (): GroupConsumer => {
        if (made.consumer === undefined) throw new Error('the consumer is not made yet')
        return made.consumer
      }
      const { listener } = options
      const heard = delegate(listener, wrapping.listener?.(listener, of) ?? {})
      const consumer = await transport.groupConsumer({ ...options, listener: heard }, context)
      made.consumer = consumer
      return delegate(consumer, wrapping.consumer?.(consumer, options) ?? {})
    },
    partitionReader: async (options, context) => {
      const reader = await transport.partitionReader(
        (wrapping.readerOptions ?? same)(options),
        context,
      )
      return delegate(reader, wrapping.reader?.(reader) ?? {})
    },
  }
}

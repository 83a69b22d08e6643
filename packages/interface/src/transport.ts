import type { Admin } from './admin.ts'
import type { Clock } from './clock.ts'
import type { GokaError } from './errors.ts'
import type { GroupConsumer, GroupConsumerOptions } from './group-consumer.ts'
import type { Logger } from './logger.ts'
import type { PartitionReader, PartitionReaderOptions } from './partition-reader.ts'
import type { Producer, ProducerOptions, TransactionalProducer } from './producer.ts'

/** What a transport can do; the conformance suite tests both sides of each. */
export interface TransportCapabilities {
  /** Batches come packed from native code; without, each record costs an object in JavaScript. Same behaviour. */
  readonly nativeBatches: boolean
  /** `Admin.topicConfig` and `Admin.alterTopicConfig` work. */
  readonly topicConfig: boolean
  /** `Admin.groupOffsets` and `Admin.alterGroupOffsets` work. */
  readonly groupOffsets: boolean
  /** `Admin.deleteRecords` works. */
  readonly deleteRecords: boolean
  /** Header values that are not UTF-8 text, or `null`, can be produced; without, they are refused with a code. */
  readonly binaryHeaders: boolean
  /** An empty key can be produced, apart from no key; without, it is refused with a code. */
  readonly emptyKeys: boolean
  /**
   * How many bytes key, value and headers of a record may have together: the client refuses larger ones, so that nothing is
   * gained by sending them. Topics may take less. Absent when the client knows no limit of its own.
   */
  readonly maxRecordBytes?: number
}

/**
 * The way to Kafka: makes clients. What a user passes as `transport`.
 *
 * Making a transport does no I/O and making a client neither fails nor waits for long: each function resolves when its
 * client has reached a broker, and rejects with `GOKA_TRANSPORT_UNREACHABLE` when none answered within
 * `context.connectTimeoutMs`, or with `GOKA_TRANSPORT_UNAUTHORIZED`. Clients are independent of one another.
 *
 * Faults that pass (broker away, leader or coordinator moved) are retried inside a client without end and are told to
 * `context.onConnection` and the log; what a call rejects with is final for that call. Every client has `close`: it
 * resolves within a bound whatever the broker does, may be called again, and afterwards every other call rejects (or
 * throws) with `GOKA_TRANSPORT_CLOSED`; calls under way are settled.
 *
 * Unless a contract says so, a client's functions may be called at any time, also while others are under way.
 */
export interface Transport {
  /** Names the transport in errors and logs: `'rdkafka'`. */
  readonly name: string
  readonly capabilities: TransportCapabilities
  admin(context: ClientContext): Promise<Admin>
  /** A producer that is idempotent and waits for all in-sync replicas. */
  producer(options: ProducerOptions, context: ClientContext): Promise<Producer>
  /**
   * A producer for transactions. Resolves when every transaction that an earlier producer of the same
   * `transactionalId` left open is ended and that producer is fenced.
   */
  transactionalProducer(
    options: ProducerOptions & { readonly transactionalId: string },
    context: ClientContext,
  ): Promise<TransactionalProducer>
  groupConsumer(options: GroupConsumerOptions, context: ClientContext): Promise<GroupConsumer>
  partitionReader(options: PartitionReaderOptions, context: ClientContext): Promise<PartitionReader>
}

/** What the core lends to a client. */
export interface ClientContext {
  /** Kafka's `client.id`. */
  readonly clientId: string
  readonly log: Logger
  readonly clock: Clock
  /** How long to wait for the first answer of a broker. */
  readonly connectTimeoutMs: number
  /** Called when the last broker was lost (`up: false`) and when one is back. Never before the client resolves. */
  readonly onConnection?: (up: boolean, cause?: GokaError) => void
}

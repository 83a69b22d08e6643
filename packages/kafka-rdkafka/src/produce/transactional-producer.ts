import {
  type ClientContext,
  type GroupConsumer,
  isGokaError,
  type TopicPartitionOffset,
  type TransactionalProducer,
} from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import { invalid } from '../check-options.ts'
import { call, delay, within } from '../client/call.ts'
import type { Connection } from '../client/connection.ts'
import { type ClientFault, faultCodes, faultOf } from '../client-fault.ts'
import { RdkafkaGroupConsumer } from '../consume/group-consumer.ts'
import { transportError } from '../errors.ts'
import type { OffsetSending, SendOffsets } from '../offset-sending.ts'
import type { RecordSink } from '../record-sink.ts'
import { RdkafkaProducer } from './producer.ts'

/** How long one call may hold a thread; it is made again until the limit. */
const callMs = 5_000
/** A call that is so much later than librdkafka has promised does not return. */
const graceMs = 3_000
const pauseMs = 20

/** How transactions are bounded and told apart. */
export interface TransactionOptions {
  readonly transactionalId: string
  /** How long a record may take. */
  readonly deliveryTimeoutMs: number
  /** How long an operation is tried before its outcome is called indefinite. */
  readonly limitMs: number
  readonly groupProtocol: 'classic' | 'consumer'
}

/** A producer of transactions on one client of node-rdkafka. */
export class RdkafkaTransactionalProducer extends RdkafkaProducer implements TransactionalProducer {
  readonly #connection: Connection<rdkafka.Producer>
  readonly #sendOffsets: SendOffsets
  readonly #options: TransactionOptions

  constructor(
    context: ClientContext,
    connection: Connection<rdkafka.Producer>,
    sink: RecordSink,
    sendOffsets: SendOffsets,
    options: TransactionOptions,
  ) {
    super(context, connection, sink, options.deliveryTimeoutMs)
    this.#connection = connection
    this.#sendOffsets = sendOffsets
    this.#options = options
  }

  /** What was sent and not committed is void. */
  protected override get drainLimitMs(): number {
    return 0
  }

  /** Ends what an earlier producer of the same id left open, and fences it. */
  async init(): Promise<void> {
    await this.#attempt('init of transactions', () =>
      this.#call((done) => {
        this.client.initTransactions(callMs, done)
      }),
    )
  }

  async begin(): Promise<void> {
    await this.lifetime.guard(() =>
      this.#attempt('begin of a transaction', () =>
        this.#call((done) => {
          this.client.beginTransaction(done)
        }),
      ),
    )
  }

  async commit(consumer: GroupConsumer, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    await this.lifetime.guard(async () => {
      if (offsets.length > 0) await this.#addOffsets(consumer, offsets)
      await this.#attempt('commit of a transaction', () =>
        this.#call((done) => {
          this.client.commitTransaction(callMs, done)
        }),
      )
    })
  }

  async abort(): Promise<void> {
    await this.lifetime.guard(() =>
      this.#attempt('abort of a transaction', () =>
        this.#call((done) => {
          this.client.abortTransaction(callMs, done)
        }),
      ),
    )
  }

  async #addOffsets(
    consumer: GroupConsumer,
    offsets: readonly TopicPartitionOffset[],
  ): Promise<void> {
    if (!(consumer instanceof RdkafkaGroupConsumer)) {
      throw invalid('consumer', 'a group consumer of the same transport', typeof consumer)
    }
    const operation = 'offset commit in a transaction'
    let sending: OffsetSending | undefined
    try {
      await this.#attempt(operation, async () => {
        consumer.checkOwned(offsets, operation)
        sending = this.#sendOffsets(this.#connection, consumer.connection, offsets, callMs)
        await this.#connection.during(sending.returned)
      })
    } catch (error) {
      sending?.leave()
      throw error
    }
  }

  async #call(start: (done: (error: unknown) => void) => void): Promise<void> {
    await this.#connection.during(call(start))
  }

  /**
   * librdkafka goes on with the same operation when it is called again after a time-out. Its time-out does not bound a
   * commit of offsets: when librdkafka 2.12 finds no coordinator of the group it waits until a connection of the client
   * comes or goes (`rd_kafka_coord_req_fsm`). The client is left as it is then, to be torn down when the call has returned.
   */
  async #attempt(operation: string, start: () => Promise<void>): Promise<void> {
    const { clock } = this.context
    const at = { operation: `${operation} of ${this.#options.transactionalId}`, writes: true }
    const deadline = clock.now() + this.#options.limitMs
    for (;;) {
      this.lifetime.check()
      try {
        const returned = start().then(() => true)
        if (await within(clock, callMs + graceMs, returned)) return
      } catch (error) {
        if (isGokaError(error)) throw error
        const fault = error as ClientFault
        if (fault.isRetriable !== true || clock.now() >= deadline) {
          throw transportError(this.#read(fault), at)
        }
        await delay(clock, pauseMs)
        continue
      }
      this.#connection.leave()
      throw transportError(faultOf(faultCodes.ERR__TIMED_OUT), at)
    }
  }

  /**
   * With KIP-848 a generation that is not known only says that the member has not heard of the newest one yet: its
   * partitions may well be its own, so the transaction is aborted and done again.
   */
  #read(fault: ClientFault): ClientFault {
    const isStale =
      fault.code === faultCodes.ERR_ILLEGAL_GENERATION &&
      fault.isTxnRequiresAbort === true &&
      this.#options.groupProtocol === 'consumer'
    return isStale ? { ...faultOf(faultCodes.ERR__RETRY), isTxnRequiresAbort: true } : fault
  }
}

import {
  GokaError,
  type GroupConsumer,
  isGokaError,
  type ProduceBatch,
  type SendReport,
  type TopicPartitionOffset,
  type TransactionalProducer,
} from '@goka/interface'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { failed } from './failures.ts'
import type { Operation } from './faults.ts'
import { EmbeddedGroupConsumer } from './group-consumer.ts'
import { PartitionCounts } from './producer.ts'
import { takeIn } from './record-intake.ts'
import { Sender } from './sender.ts'

/** `'failed'`: to be aborted; `'ending'`: commit or abort under way. */
type State = 'idle' | 'open' | 'failed' | 'ending'

/** A producer for transactions; made when the ones before it are fenced. */
export class EmbeddedTransactionalProducer implements TransactionalProducer {
  readonly #broker: Broker
  readonly #connection: Connection
  readonly #transactionalId: string
  readonly #producerId: number
  readonly #sender: Sender
  readonly #partitions: PartitionCounts
  #state: State = 'idle'
  /** Why this producer is of no more use. */
  #end: GokaError | undefined

  constructor(broker: Broker, connection: Connection, transactionalId: string, producerId: number) {
    const appender = { producerId, transactional: true }
    this.#broker = broker
    this.#connection = connection
    this.#transactionalId = transactionalId
    this.#producerId = producerId
    this.#partitions = new PartitionCounts(broker, connection)
    this.#sender = new Sender(connection, (parcel, nowMs, sequence) => {
      this.#identity().enlist(broker.topics.log(parcel))
      return takeIn(broker.topics, parcel, nowMs, appender, sequence)
    })
  }

  async partitions(topic: string): Promise<number> {
    return this.#partitions.of(topic)
  }

  async begin(): Promise<void> {
    this.#check('begin', ['idle'])
    await this.#ask('begin-transaction', () => this.#identity().begin(this.#connection.brokerClock))
    this.#state = 'open'
  }

  async send(batch: ProduceBatch): Promise<readonly TopicPartitionOffset[]> {
    this.#check('send', ['open'])
    try {
      return await this.#sender.send(batch)
    } catch (error) {
      throw this.#failed(error)
    }
  }

  async sendEach(batch: ProduceBatch): Promise<SendReport> {
    this.#check('send', ['open'])
    const report = await this.#sender.sendEach(batch)
    for (const error of report.failures.values()) this.#failed(error)
    return report
  }

  async commit(consumer: GroupConsumer, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    this.#check('commit', ['open'])
    const { group, memberId } = this.#member(consumer)
    if (this.#sender.isBusy) {
      const message = 'a transaction cannot be committed while sends are under way: wait for them'
      throw failed('commit-transaction', 'INVALID_TXN_STATE', message)
    }
    this.#state = 'ending'
    try {
      if (offsets.length > 0) {
        await this.#ask(
          'commit-transaction-offsets',
          () => this.#identity().addOffsets(group, memberId, offsets),
          group.name,
        )
      }
      await this.#ask('commit-transaction', () => this.#identity().end(true))
    } catch (error) {
      throw this.#failed(error)
    }
    this.#state = 'idle'
  }

  async abort(): Promise<void> {
    this.#check('abort', ['open', 'failed'])
    this.#state = 'ending'
    await this.#sender.settled()
    try {
      await this.#ask('abort-transaction', () => this.#identity().end(false))
    } catch (error) {
      throw this.#failed(error)
    }
    this.#state = 'idle'
  }

  async close(): Promise<void> {
    await this.#sender.close()
  }

  #identity() {
    return this.#broker.transactions.get(this.#transactionalId, this.#producerId)
  }

  #ask(operation: Operation, apply: () => void | Promise<void>, group?: string): Promise<void> {
    return this.#connection.request('transaction', { operation, group }, apply)
  }

  #member(consumer: GroupConsumer): EmbeddedGroupConsumer {
    if (consumer instanceof EmbeddedGroupConsumer && consumer.broker === this.#broker) {
      return consumer
    }
    const message = 'the consumer of a transaction must belong to the same embedded broker'
    throw failed('commit-transaction', 'INVALID_CONSUMER', message)
  }

  /** Draws the consequence of an error for the transaction. */
  #failed(error: unknown): unknown {
    this.#state = 'failed'
    const isEnd =
      isGokaError(error, 'GOKA_TRANSPORT_INDEFINITE') ||
      (isGokaError(error, 'GOKA_TRANSPORT_FENCED') && error.details.reason === 'PRODUCER_FENCED')
    if (isEnd) this.#end = error
    return error
  }

  #check(operation: string, states: readonly State[]): void {
    this.#connection.checkOpen()
    if (this.#end !== undefined) throw this.#end
    if (states.includes(this.#state)) return
    if (this.#state === 'failed') {
      throw new GokaError(
        'GOKA_TRANSPORT_ABORTABLE',
        `the transaction of ${this.#transactionalId} has failed: abort it`,
        { operation, reason: 'ABORTABLE_ERROR', retriable: false },
      )
    }
    const message = `the transaction of ${this.#transactionalId} is ${this.#state}: no ${operation} now`
    throw failed(operation, 'INVALID_TXN_STATE', message)
  }
}

import {
  type ClientContext,
  type GokaError,
  isGokaError,
  ProduceBatch,
  type Producer,
  type SendReport,
  type TopicPartitionOffset,
} from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import { Asking } from '../client/asking.ts'
import { delay } from '../client/call.ts'
import type { Connection } from '../client/connection.ts'
import { Lifetime } from '../client/lifetime.ts'
import { TopicLookup } from '../client/topic-lookup.ts'
import { faultCodes, faultOf } from '../client-fault.ts'
import { meaningOf, transportError } from '../errors.ts'
import type { RecordSink, SinkReport, SinkResult } from '../record-sink.ts'
import { DeliveryPolling } from './delivery-polling.ts'
import { TopicDirectory } from './topic-directory.ts'

/** Of producers without transactions. */
const drainLimitMs = 10_000
const closePauseMs = 5

/** A producer on one client of node-rdkafka. */
export class RdkafkaProducer implements Producer {
  protected readonly client: rdkafka.Producer
  protected readonly context: ClientContext
  protected readonly lifetime: Lifetime
  readonly #connection: Connection<rdkafka.Producer>
  readonly #sink: RecordSink
  readonly #deliveryTimeoutMs: number
  readonly #directory: TopicDirectory
  readonly #polling: DeliveryPolling
  /** Sends of batches whose topics are looked up first: later ones wait behind them. */
  #looking: Promise<unknown> | undefined
  #underWay = 0
  #closing: Promise<void> | undefined

  /** @param deliveryTimeoutMs - how long a record may take, and how long brokers are asked for the topic of one */
  constructor(
    context: ClientContext,
    connection: Connection<rdkafka.Producer>,
    sink: RecordSink,
    deliveryTimeoutMs: number,
  ) {
    this.client = connection.client
    this.context = context
    this.lifetime = new Lifetime(`producer ${connection.name}`)
    this.#connection = connection
    this.#sink = sink
    this.#deliveryTimeoutMs = deliveryTimeoutMs
    this.#directory = new TopicDirectory(
      new TopicLookup(connection.client, new Asking(context.clock, this.lifetime)),
      context.clock,
    )
    this.#polling = new DeliveryPolling(connection.client, context.clock)
  }

  /** How long a close waits for what was sent. */
  protected get drainLimitMs(): number {
    return drainLimitMs
  }

  async partitions(topic: string): Promise<number> {
    return await this.lifetime.guard(() => this.#directory.partitions(topic, this.#deadline()))
  }

  async send(batch: ProduceBatch): Promise<readonly TopicPartitionOffset[]> {
    const { ends, failure } = await this.#track(() => this.#send(batch))
    if (failure !== undefined) throw this.#recordError(batch, failure.index, failure.code)
    return ends
  }

  async sendEach(batch: ProduceBatch): Promise<SendReport> {
    const { offsets, codes } = await this.#track(() => this.#sendEach(batch))
    const failures = new Map<number, GokaError>()
    codes.forEach((code, index) => {
      if (code !== 0) failures.set(index, this.#recordError(batch, index, code))
    })
    return { offsets, failures }
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #send(batch: ProduceBatch): Promise<SinkResult> {
    await this.#lookUp(batch.topics)
    return await this.#sink.send(batch)
  }

  async #sendEach(batch: ProduceBatch): Promise<SinkReport> {
    const unknown = new Set<string>()
    await this.#lookUp(batch.topics, (topic) => unknown.add(topic))
    if (unknown.size === 0) return await this.#sink.sendEach(batch)
    return await this.#sendKnown(batch, unknown)
  }

  /** Topics are looked up before anything is sent, as librdkafka takes half a minute to find that one does not exist. */
  async #lookUp(topics: readonly string[], onUnknown?: (topic: string) => void): Promise<void> {
    if (this.#looking === undefined && this.#directory.hasAll(topics)) return
    const before = this.#looking
    const deadline = this.#deadline()
    const looking = (async () => {
      await before
      for (const topic of topics) {
        try {
          await this.#directory.partitions(topic, deadline)
        } catch (error) {
          if (onUnknown === undefined || !isGokaError(error, 'GOKA_TOPIC_UNKNOWN')) throw error
          onUnknown(topic)
        }
      }
    })()
    const settled = looking.catch(() => undefined)
    this.#looking = settled
    try {
      await looking
    } finally {
      if (this.#looking === settled) this.#looking = undefined
    }
  }

  /** Sends the records of the topics that exist. */
  async #sendKnown(batch: ProduceBatch, unknown: ReadonlySet<string>): Promise<SinkReport> {
    const offsets = new Float64Array(batch.length).fill(NaN)
    const codes = new Int32Array(batch.length).fill(faultCodes.ERR_UNKNOWN_TOPIC_OR_PART)
    const known = new ProduceBatch()
    const indexes: number[] = []
    for (let index = 0; index < batch.length; index++) {
      const topic = batch.topic(index)
      if (unknown.has(topic)) continue
      const key = batch.key(index)
      known.add(
        known.topicIndex(topic),
        batch.partition(index),
        key === null ? null : Buffer.from(key).toString('latin1'),
        batch.value(index),
        batch.timestamp(index),
        batch.headers(index),
      )
      indexes.push(index)
    }
    const report = await this.#sink.sendEach(known)
    for (const [at, index] of indexes.entries()) {
      offsets[index] = report.offsets[at] as number
      codes[index] = report.codes[at] as number
    }
    return { offsets, codes }
  }

  /** Sends under way are settled by the sink, at the latest in a close. */
  async #track<T>(send: () => Promise<T>): Promise<T> {
    this.lifetime.check()
    this.#underWay++
    try {
      return await this.#polling.during(send())
    } finally {
      this.#underWay--
    }
  }

  /** When what is sent now has failed. */
  #deadline(): number {
    return this.context.clock.now() + this.#deliveryTimeoutMs
  }

  #recordError(batch: ProduceBatch, index: number, code: number): GokaError {
    const topic = batch.topic(index)
    const fault = faultOf(code)
    if (meaningOf(fault) === 'topic-unknown') this.#directory.forget(topic)
    return transportError(fault, {
      operation: 'send',
      writes: true,
      topic,
      partition: batch.partition(index),
      bytes: (batch.key(index)?.length ?? 0) + (batch.value(index)?.length ?? 0),
    })
  }

  async #close(): Promise<void> {
    this.lifetime.end()
    const { clock } = this.context
    const deadline = clock.now() + this.drainLimitMs
    while (this.#underWay > 0 && clock.now() < deadline) await delay(clock, closePauseMs)
    await this.#sink.stop()
    this.#polling.stop()
    await this.#connection.close()
  }
}

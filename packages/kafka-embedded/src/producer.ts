import type { ProduceBatch, Producer, SendReport, TopicPartitionOffset } from '@goka/interface'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { takeIn } from './record-intake.ts'
import { Sender } from './sender.ts'

/** How long the number of partitions of a topic is believed. */
const METADATA_MAX_AGE_MS = 300_000

/** An idempotent producer. `lingerMs` has no use here: nothing is gained by waiting. */
export class EmbeddedProducer implements Producer {
  readonly #connection: Connection
  readonly #sender: Sender
  readonly #partitions: PartitionCounts

  constructor(broker: Broker, connection: Connection) {
    const appender = { producerId: broker.nextProducerId(), transactional: false }
    this.#connection = connection
    this.#partitions = new PartitionCounts(broker, connection)
    this.#sender = new Sender(connection, (parcel, nowMs, sequence) =>
      takeIn(broker.topics, parcel, nowMs, appender, sequence),
    )
  }

  async partitions(topic: string): Promise<number> {
    return this.#partitions.of(topic)
  }

  async send(batch: ProduceBatch): Promise<readonly TopicPartitionOffset[]> {
    this.#checkOpen()
    return this.#sender.send(batch)
  }

  async sendEach(batch: ProduceBatch): Promise<SendReport> {
    this.#checkOpen()
    return this.#sender.sendEach(batch)
  }

  async close(): Promise<void> {
    await this.#sender.close()
  }

  #checkOpen(): void {
    this.#connection.checkOpen()
  }
}

/** How many partitions topics have, as a client remembers it. */
export class PartitionCounts {
  readonly #broker: Broker
  readonly #connection: Connection
  readonly #known = new Map<string, { readonly partitions: number; readonly atMs: number }>()

  constructor(broker: Broker, connection: Connection) {
    this.#broker = broker
    this.#connection = connection
  }

  async of(topic: string): Promise<number> {
    const { clock } = this.#connection
    this.#connection.checkOpen()
    const known = this.#known.get(topic)
    if (known !== undefined && clock.now() - known.atMs < METADATA_MAX_AGE_MS) {
      return known.partitions
    }
    const partitions = await this.#connection.request(
      'metadata',
      { operation: 'metadata', topic },
      () => this.#broker.topics.get(topic).logs.length,
    )
    this.#known.set(topic, { partitions, atMs: clock.now() })
    return partitions
  }
}

import type {
  GroupConsumer,
  ProduceBatch,
  RebalanceListener,
  RecordBatch,
  TopicPartition,
  TopicPartitionOffset,
  TransactionalProducer,
} from '@goka/interface'
import type { Cluster } from './cluster.ts'
import { batchOf } from './records.ts'

/**
 * Copies the topic `in` to the topic `out`, partition by partition, each poll in a transaction with its offsets. Whatever
 * goes wrong, it closes its clients and begins again from what the group has committed.
 */
export class Copier {
  readonly #cluster: Cluster
  readonly #clientId: string
  #isStopped = false
  #clients: (() => Promise<void>)[] = []

  constructor(cluster: Cluster, clientId: string) {
    this.#cluster = cluster
    this.#clientId = clientId
  }

  async run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#live()
      } catch {
        // Begun again; what it did is judged by what is in `out`.
      }
      await this.#close()
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#close()
  }

  async #live(): Promise<void> {
    const { transport } = this.#cluster
    const life = new Life()
    const context = this.#cluster.context(this.#clientId)
    const consumer = await transport.groupConsumer(
      { group: 'group', topics: ['in'], isolation: 'read_committed', listener: life },
      context,
    )
    this.#clients.push(() => consumer.close())
    const producer = await transport.transactionalProducer(
      { transactionalId: this.#clientId },
      context,
    )
    this.#clients.push(() => producer.close())
    life.begin(consumer, producer)
    while (!this.#isStopped) {
      const batches = await consumer.poll(1000)
      await life.copy(batches)
    }
  }

  async #close(): Promise<void> {
    const clients = this.#clients
    this.#clients = []
    await Promise.all(clients.map((close) => close()))
  }
}

/** One life of a copier: from its clients to the first fault. */
class Life implements RebalanceListener {
  #consumer: GroupConsumer | undefined
  #producer: TransactionalProducer | undefined
  #underway: Promise<void> = Promise.resolve()
  /** How often partitions went to another one without having been given up. */
  #losses = 0

  begin(consumer: GroupConsumer, producer: TransactionalProducer): void {
    this.#consumer = consumer
    this.#producer = producer
  }

  copy(batches: readonly RecordBatch[]): Promise<void> {
    const copying = this.#copy(batches)
    this.#underway = copying.catch(() => {})
    return copying
  }

  async assigned(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]> {
    const consumer = this.#consumer as GroupConsumer
    const committed = await consumer.committed(partitions)
    consumer.resume(partitions).catch(() => {})
    return partitions.map(
      ({ topic, partition }) =>
        committed.find((each) => each.partition === partition) ?? { topic, partition, offset: 0 },
    )
  }

  /** What was read is copied before it goes to another one. */
  async revoked(): Promise<void> {
    await this.#underway
  }

  async lost(): Promise<void> {
    this.#losses++
  }

  async #copy(batches: readonly RecordBatch[]): Promise<void> {
    const producer = this.#producer as TransactionalProducer
    const losses = this.#losses
    if (batches.length === 0) return
    await producer.begin()
    await Promise.all(batches.map((batch) => producer.send(copyOf(batch))))
    const offsets = batches.map(({ topic, partition, nextOffset }) => ({
      topic,
      partition,
      offset: nextOffset,
    }))
    // They may be this member's again, and copied by another one meanwhile.
    if (this.#losses > losses) throw new Error('what was read is no longer good')
    await producer.commit(this.#consumer as GroupConsumer, offsets)
  }
}

function copyOf(batch: RecordBatch): ProduceBatch {
  return batchOf(
    'out',
    Array.from({ length: batch.length }, (_, index) => [
      batch.partition,
      batch.key(index),
      Buffer.from(batch.value(index) ?? []).toString(),
    ]),
  )
}

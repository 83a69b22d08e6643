import { setTimeout as delay } from 'node:timers/promises'
import { Goka } from '@goka/core'
import {
  type Admin,
  GokaError,
  type PartitionReader,
  type Producer,
  type RecordBatch,
  type Transport,
} from '@goka/interface'
import { startBroker } from '@goka/kafka-broker'
import { rdkafka } from '@goka/kafka-rdkafka'
import type {} from './errors.ts'
import { clientContext as context } from './programs/client-context.ts'

/** The Kafka that everything is measured on, seen from outside of what is measured. */
export class Cluster implements AsyncDisposable {
  readonly brokers: string
  readonly goka: Goka
  readonly #transport: Transport
  readonly #admin: Admin
  readonly #stop: () => Promise<void>

  private constructor(
    brokers: string,
    transport: Transport,
    admin: Admin,
    stop: () => Promise<void>,
  ) {
    this.brokers = brokers
    this.goka = new Goka({ transport, log: context.log, clientId: 'bench' })
    this.#transport = transport
    this.#admin = admin
    this.#stop = stop
  }

  /** Connects to `KAFKA_BROKERS`, or starts a broker that lives as long as this. */
  static async connect(): Promise<Cluster> {
    const given = process.env['KAFKA_BROKERS'] ?? ''
    const broker =
      given === ''
        ? await startBroker({
            heapMb: 1_024,
            // The members of a group that are started together get their partitions at once and not one after the other.
            config: { 'group.initial.rebalance.delay.ms': '500' },
          })
        : undefined
    const brokers = broker?.brokers ?? given
    const transport = rdkafka({
      brokers: brokers.split(','),
      // What is written here is read by clients that cannot decompress everything.
      librdkafka: { 'compression.codec': 'none' },
    })
    const admin = await transport.admin(context)
    return new Cluster(brokers, transport, admin, async () => {
      await admin.close()
      await broker?.stop()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop()
  }

  async createTopic(
    topic: string,
    partitions: number,
    config: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.#admin.createTopic({ topic, partitions, replicationFactor: 1, config })
  }

  /** Deletes those of these topics that exist. */
  async deleteTopics(topics: readonly string[]): Promise<void> {
    const existing = await this.#admin.topics(topics)
    for (const topic of existing.keys()) await this.#admin.deleteTopic(topic)
  }

  /** A producer that writes what it is given to the partitions that it is given. */
  async producer(): Promise<Producer> {
    return await this.#transport.producer({ lingerMs: 5 }, context)
  }

  /** The end of each partition. */
  async ends(topic: string, partitions: number): Promise<readonly number[]> {
    const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
    const ends = await this.#admin.offsets(all, 'latest')
    return all.map(
      ({ partition }) => ends.find((end) => end.partition === partition)?.offset ?? Number.NaN,
    )
  }

  /** Whether a group has committed a topic to these ends. */
  async isCommitted(group: string, topic: string, ends: readonly number[]): Promise<boolean> {
    const committed = new Map<number, number>()
    for (const each of await this.#admin.groupOffsets(group)) {
      if (each.topic === topic) committed.set(each.partition, each.offset)
    }
    return ends.every((end, partition) => end === 0 || committed.get(partition) === end)
  }

  /** Waits until a group has committed a topic to these ends; `look` is called at every look. */
  async committed(
    group: string,
    topic: string,
    ends: readonly number[],
    look: () => void,
  ): Promise<void> {
    const deadline = performance.now() + commitTimeoutMs
    look()
    while (!(await this.isCommitted(group, topic, ends))) {
      if (performance.now() > deadline) {
        throw new GokaError(
          'BENCH_PROGRAM_FAILED',
          `group ${group} has not committed ${topic} to its end within ${commitTimeoutMs} ms`,
          { program: group, output: '' },
        )
      }
      look()
      await delay(pollMs)
    }
  }

  /** Reads a topic from its first record to its end, committed records only. */
  async read(topic: string, partitions: number, take: (batch: RecordBatch) => void): Promise<void> {
    const reader = await this.reader()
    try {
      const open = new Set(Array.from({ length: partitions }, (_, partition) => partition))
      await reader.add([...open].map((partition) => ({ topic, partition, offset: 0 })))
      while (open.size > 0) {
        for (const batch of await reader.poll(1_000)) {
          take(batch)
          if (batch.atEnd) open.delete(batch.partition)
        }
      }
    } finally {
      await reader.close()
    }
  }

  /** A reader of committed records. */
  async reader(): Promise<PartitionReader> {
    return await this.#transport.partitionReader({ isolation: 'read_committed' }, context)
  }
}

/** How often the group's offsets are asked for: the error of what is measured. */
const pollMs = 3
const commitTimeoutMs = 120_000

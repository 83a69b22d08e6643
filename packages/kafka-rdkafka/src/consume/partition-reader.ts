import { setImmediate as turn } from 'node:timers/promises'
import {
  type ClientContext,
  isGokaError,
  type PartitionReader,
  type RecordBatch,
  type TopicPartition,
  type TopicPartitionOffset,
} from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import { Asking } from '../client/asking.ts'
import type { Connection } from '../client/connection.ts'
import { Lifetime } from '../client/lifetime.ts'
import { TopicLookup } from '../client/topic-lookup.ts'
import { faultCodes, type SourceFault, toFault } from '../client-fault.ts'
import { topicUnknown, transportError } from '../errors.ts'
import type { RecordSource } from '../record-source.ts'
import { ConsumerFaults } from './consumer-faults.ts'
import { PartitionFlow } from './partition-flow.ts'

/** What a reader is made of. */
export interface PartitionReaderParts {
  readonly connection: Connection<rdkafka.KafkaConsumer>
  /** Made with the function that takes the source's faults. */
  readonly source: (onFault: (fault: SourceFault) => void) => RecordSource
}

/** Reads assigned partitions on one client of node-rdkafka, which is in no group. */
export class RdkafkaPartitionReader implements PartitionReader {
  readonly #client: rdkafka.KafkaConsumer
  readonly #connection: Connection<rdkafka.KafkaConsumer>
  readonly #lifetime: Lifetime
  readonly #source: RecordSource
  readonly #flow: PartitionFlow
  readonly #lookup: TopicLookup
  readonly #faults: ConsumerFaults
  /** Partitions of topics that were asked for. */
  readonly #topics = new Map<string, number>()
  #changes: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(context: ClientContext, { connection, source }: PartitionReaderParts) {
    const { client } = connection
    this.#client = client
    this.#connection = connection
    this.#lifetime = new Lifetime(`partition reader ${connection.name}`)
    this.#source = source((fault) => {
      this.#onFault(fault)
    })
    this.#flow = new PartitionFlow(client, this.#source, context.clock)
    this.#lookup = new TopicLookup(client, new Asking(context.clock, this.#lifetime))
    this.#faults = new ConsumerFaults(client, this.#flow, this.#lookup, context, (partition) => {
      this.#remove([partition])
    })
    connection.onFault((fault) => {
      this.#onFault(fault)
    })
  }

  async add(positions: readonly TopicPartitionOffset[]): Promise<void> {
    await this.#change(async () => {
      for (const position of positions) await this.#checkExists(position)
      this.#lifetime.check()
      const fresh = positions.filter((position) => this.#flow.get(position) === undefined)
      const moved = positions.filter((position) => !fresh.includes(position))
      this.#flow.add(fresh, false)
      await this.#flow.start(fresh, (assigned) => {
        this.#client.incrementalAssign(assigned)
      })
      await this.#flow.resume(moved)
    })
  }

  async remove(partitions: readonly TopicPartition[]): Promise<void> {
    await this.#change(async () => {
      this.#remove(partitions)
    })
  }

  async poll(timeoutMs: number): Promise<readonly RecordBatch[]> {
    if (this.#lifetime.ended) {
      // Who polls in a loop shall not starve timers and sockets.
      await turn()
      return []
    }
    this.#faults.throwNext()
    const batches = await this.#flow.poll(
      timeoutMs,
      () => this.#lifetime.ended || this.#faults.pending,
    )
    if (this.#lifetime.ended) return []
    if (batches.length > 0) return batches
    try {
      await this.#faults.settle(this.#topics.keys())
    } catch (error) {
      if (!this.#lifetime.ended) throw error
    }
    if (!this.#lifetime.ended) this.#faults.throwNext()
    return []
  }

  endOffset(partition: TopicPartition): number | undefined {
    this.#lifetime.check()
    return this.#flow.endOffset(partition)
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #checkExists({ topic, partition }: TopicPartition): Promise<void> {
    if (partition < (this.#topics.get(topic) ?? 0)) return
    const facts = await this.#lookup.facts(topic)
    if (facts === undefined) throw topicUnknown(topic)
    this.#topics.set(topic, facts.partitions)
    if (partition >= facts.partitions) throw topicUnknown(topic, partition)
  }

  #remove(partitions: readonly TopicPartition[]): void {
    const known = partitions.filter((partition) => this.#flow.get(partition) !== undefined)
    this.#flow.remove(known)
    if (known.length === 0) return
    this.#client.incrementalUnassign(known.map(({ topic, partition }) => ({ topic, partition })))
  }

  /** Changes of the assignment happen one after the other. */
  async #change(change: () => Promise<void>): Promise<void> {
    await this.#lifetime.guard(async () => {
      const done = this.#changes.then(change).catch((error: unknown) => {
        if (isGokaError(error)) throw error
        throw transportError(toFault(error), { operation: 'assign', writes: false })
      })
      this.#changes = done.catch(() => undefined)
      await done
    })
  }

  #onFault(fault: SourceFault): void {
    if (this.#lifetime.ended) return
    // librdkafka looks for the coordinator of any consumer's group, which the user need not be allowed to use.
    if (fault.code === faultCodes.ERR_GROUP_AUTHORIZATION_FAILED) return
    if (fault.topic !== undefined) this.#topics.delete(fault.topic)
    this.#faults.add(fault)
  }

  async #close(): Promise<void> {
    this.#lifetime.end()
    await this.#source.stop()
    await this.#changes
    await this.#flow.clear()
    await this.#connection.close()
  }
}

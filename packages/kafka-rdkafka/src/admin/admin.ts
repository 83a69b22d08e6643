import {
  type Admin,
  type ClientContext,
  isGokaError,
  type NewTopic,
  type TopicDescription,
  type TopicPartition,
  type TopicPartitionOffset,
} from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import type { AdminExtension } from '../admin-extension.ts'
import { Asking, askMs, type Question } from '../client/asking.ts'
import { call, delay } from '../client/call.ts'
import type { Connection } from '../client/connection.ts'
import { Lifetime } from '../client/lifetime.ts'
import { type TopicFacts, TopicLookup } from '../client/topic-lookup.ts'
import { type ClientFault, faultCodes, faultOf } from '../client-fault.ts'
import { topicUnknown, transportError, unsupported } from '../errors.ts'

/** How long a change may take on the broker's side. */
const changeMs = 30_000
const pauseMs = 25
/** Questions under way at once: each holds a thread of Node's pool. */
const atOnce = 2

/** What an admin is made of. */
export interface AdminParts {
  readonly connection: Connection<rdkafka.KafkaConsumer>
  /** node-rdkafka's admin client: creates, deletes, extends topics. Making it contacts nobody. */
  readonly topicClient: () => rdkafka.IAdminClient
  readonly extension: AdminExtension | undefined
}

export class RdkafkaAdmin implements Admin {
  readonly #client: rdkafka.KafkaConsumer
  readonly #context: ClientContext
  readonly #parts: AdminParts
  readonly #lifetime: Lifetime
  readonly #asking: Asking
  readonly #lookup: TopicLookup
  #topicClient: rdkafka.IAdminClient | undefined
  #closing: Promise<void> | undefined

  constructor(context: ClientContext, parts: AdminParts) {
    this.#client = parts.connection.client
    this.#context = context
    this.#parts = parts
    this.#lifetime = new Lifetime(`admin ${parts.connection.name}`)
    this.#asking = new Asking(context.clock, this.#lifetime)
    this.#lookup = new TopicLookup(this.#client, this.#asking)
  }

  async topics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    return await this.#lifetime.guard(async () => {
      const found = new Map<string, TopicDescription>()
      await fewAtOnce(names, async (topic) => {
        const facts = await this.#lookup.facts(topic)
        if (facts === undefined) return
        const { partitions, replicationFactor } = facts
        found.set(topic, { topic, partitions, topicId: undefined, replicationFactor })
      })
      for (const [topic, topicId] of await this.#topicIds([...found.keys()])) {
        const description = found.get(topic)
        if (description !== undefined) found.set(topic, { ...description, topicId })
      }
      return found
    })
  }

  async createTopic(wanted: NewTopic): Promise<void> {
    const { topic, partitions } = wanted
    await this.#change('creation', topic, async () => {
      await call((done) => {
        this.#topics().createTopic(
          {
            topic,
            num_partitions: partitions,
            replication_factor: wanted.replicationFactor ?? -1,
            ...(wanted.config !== undefined && { config: { ...wanted.config } }),
          },
          changeMs,
          done,
        )
      })
      await this.#until('creation', topic, (facts) => facts?.ready === true)
    })
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#change('deletion', topic, async () => {
      await call((done) => {
        this.#topics().deleteTopic(topic, changeMs, done)
      })
      await this.#until('deletion', topic, (facts) => facts === undefined)
    })
  }

  async createPartitions(topic: string, partitions: number): Promise<void> {
    await this.#change('extension', topic, async () => {
      await call((done) => {
        this.#topics().createPartitions(topic, partitions, changeMs, done)
      })
      await this.#until(
        'extension',
        topic,
        (facts) => facts?.ready === true && facts.partitions >= partitions,
      )
    })
  }

  async topicConfig(topic: string): Promise<Readonly<Record<string, string>>> {
    return await this.#read({ operation: 'topic configuration', topic }, (extension) =>
      extension.topicConfig(topic, changeMs),
    )
  }

  async alterTopicConfig(topic: string, config: Readonly<Record<string, string>>): Promise<void> {
    await this.#write({ operation: 'change of topic configuration', topic }, (extension) =>
      extension.alterTopicConfig(topic, config, changeMs),
    )
  }

  async offsets(
    partitions: readonly TopicPartition[],
    which: 'earliest' | 'latest',
  ): Promise<readonly TopicPartitionOffset[]> {
    return await this.#lifetime.guard(async () => {
      await this.#checkExist(partitions)
      const { extension } = this.#parts
      if (extension === undefined) {
        return await fewAtOnce(partitions, (partition) => this.#offset(partition, which))
      }
      return await this.#asking.until({ operation: 'offset query' }, () =>
        extension.offsets(partitions, which, 'read_uncommitted', askMs),
      )
    })
  }

  async groupOffsets(group: string): Promise<readonly TopicPartitionOffset[]> {
    return await this.#read({ operation: `offsets of group ${group}` }, (extension) =>
      extension.groupOffsets(group, changeMs),
    )
  }

  async alterGroupOffsets(group: string, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    await this.#write({ operation: `change of offsets of group ${group}` }, async (extension) => {
      try {
        await extension.alterGroupOffsets(group, offsets, changeMs)
      } catch (error) {
        // The broker takes it for a commit of somebody who is no member, as there are others.
        const { code } = error as ClientFault
        throw code === faultCodes.ERR_UNKNOWN_MEMBER_ID
          ? faultOf(faultCodes.ERR_NON_EMPTY_GROUP)
          : error
      }
    })
  }

  async deleteRecords(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const topic = offsets[0]?.topic
    await this.#write({ operation: 'deletion of records', topic }, (extension) =>
      extension.deleteRecords(offsets, changeMs),
    )
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #topicIds(topics: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { extension } = this.#parts
    if (extension === undefined) return new Map()
    return await this.#asking.until({ operation: 'description of topics' }, () =>
      extension.topicIds(topics, askMs),
    )
  }

  async #checkExist(partitions: readonly TopicPartition[]): Promise<void> {
    const counts = new Map<string, number>()
    await fewAtOnce([...new Set(partitions.map(({ topic }) => topic))], async (topic) => {
      counts.set(topic, (await this.#lookup.facts(topic))?.partitions ?? 0)
    })
    for (const { topic, partition } of partitions) {
      const count = counts.get(topic) ?? 0
      if (partition >= count) throw topicUnknown(topic, count > 0 ? partition : undefined)
    }
  }

  async #offset(
    { topic, partition }: TopicPartition,
    which: 'earliest' | 'latest',
  ): Promise<TopicPartitionOffset> {
    const question = { operation: 'offset query', topic, partition }
    const { lowOffset, highOffset } = await this.#asking.until(question, () =>
      call<rdkafka.WatermarkOffsets>((done) => {
        this.#client.queryWatermarkOffsets(topic, partition, askMs, done)
      }),
    )
    return { topic, partition, offset: which === 'earliest' ? lowOffset : highOffset }
  }

  #topics(): rdkafka.IAdminClient {
    this.#topicClient ??= this.#parts.topicClient()
    return this.#topicClient
  }

  /** Waits until what was changed can be seen. */
  async #until(
    operation: string,
    topic: string,
    isDone: (facts: TopicFacts | undefined) => boolean,
  ): Promise<void> {
    const { clock } = this.#context
    const deadline = clock.now() + changeMs
    while (!isDone(await this.#lookup.facts(topic))) {
      this.#lifetime.check()
      if (clock.now() > deadline) {
        throw transportError(faultOf(faultCodes.ERR__TIMED_OUT), { operation, writes: true, topic })
      }
      await delay(clock, pauseMs)
    }
  }

  async #change(operation: string, topic: string, change: () => Promise<void>): Promise<void> {
    await this.#lifetime.guard(async () => {
      try {
        await change()
      } catch (error) {
        if (isGokaError(error)) throw error
        throw transportError(error as ClientFault, { operation, writes: true, topic })
      }
    })
  }

  async #read<T>(question: Question, read: (extension: AdminExtension) => Promise<T>): Promise<T> {
    return await this.#lifetime.guard(async () => {
      const extension = this.#extension(question.operation)
      return await this.#asking.until(question, () => read(extension))
    })
  }

  async #write(
    question: Question,
    write: (extension: AdminExtension) => Promise<void>,
  ): Promise<void> {
    await this.#lifetime.guard(async () => {
      try {
        await write(this.#extension(question.operation))
      } catch (error) {
        if (isGokaError(error)) throw error
        throw transportError(error as ClientFault, { ...question, writes: true })
      }
    })
  }

  #extension(operation: string): AdminExtension {
    const { extension } = this.#parts
    if (extension !== undefined) return extension
    throw unsupported(
      operation,
      'node-rdkafka does not offer it, and the native part is not in use',
    )
  }

  async #close(): Promise<void> {
    this.#lifetime.end()
    await this.#parts.extension?.stop()
    this.#topicClient?.disconnect()
    await this.#parts.connection.close()
  }
}

/** Does `work` for each item, in order, a few at once. */
async function fewAtOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const rest = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of rest) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}

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
import type { AdminExtension } from './admin-extension.ts'
import { call, delay } from './call.ts'
import { type ClientFault, faultCodes, faultOf } from './client-fault.ts'
import type { Connection } from './connection.ts'
import { topicUnknown, transportError, unsupported } from './errors.ts'
import { Lifetime } from './lifetime.ts'
import { asking, type TopicFacts, TopicLookup } from './topic-lookup.ts'

/** How long a change may take on the broker's side. */
const changeMs = 30_000
const askMs = 2_000
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
  readonly #lookup: TopicLookup
  #topicClient: rdkafka.IAdminClient | undefined
  #closing: Promise<void> | undefined

  constructor(context: ClientContext, parts: AdminParts) {
    this.#client = parts.connection.client
    this.#context = context
    this.#parts = parts
    this.#lifetime = new Lifetime(`admin ${parts.connection.name}`)
    this.#lookup = new TopicLookup(this.#client, context.clock, this.#lifetime)
  }

  async topics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    return await this.#lifetime.guard(async () => {
      const found = new Map<string, TopicDescription>()
      await fewAtOnce(names, async (topic) => {
        const facts = await this.#lookup.facts(topic)
        if (facts === undefined) return
        found.set(topic, { topic, partitions: facts.partitions, topicId: undefined })
      })
      const { extension } = this.#parts
      if (extension === undefined || found.size === 0) return found
      for (const [topic, topicId] of await extension.topicIds([...found.keys()], changeMs)) {
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
    return await this.#extended('topic configuration', topic, false, (extension) =>
      extension.topicConfig(topic, changeMs),
    )
  }

  async alterTopicConfig(topic: string, config: Readonly<Record<string, string>>): Promise<void> {
    await this.#extended('change of topic configuration', topic, true, (extension) =>
      extension.alterTopicConfig(topic, config, changeMs),
    )
  }

  async offsets(
    partitions: readonly TopicPartition[],
    which: 'earliest' | 'latest',
  ): Promise<readonly TopicPartitionOffset[]> {
    return await this.#lifetime.guard(async () => {
      const topics = new Set(partitions.map(({ topic }) => topic))
      const counts = new Map<string, number>()
      await fewAtOnce([...topics], async (topic) => {
        counts.set(topic, (await this.#lookup.facts(topic))?.partitions ?? 0)
      })
      return await fewAtOnce(partitions, async ({ topic, partition }) => {
        const count = counts.get(topic) ?? 0
        if (partition >= count) throw topicUnknown(topic, count > 0 ? partition : undefined)
        const { lowOffset, highOffset } = await this.#watermarks(topic, partition)
        return { topic, partition, offset: which === 'earliest' ? lowOffset : highOffset }
      })
    })
  }

  async groupOffsets(group: string): Promise<readonly TopicPartitionOffset[]> {
    return await this.#extended(`offsets of group ${group}`, undefined, false, (extension) =>
      extension.groupOffsets(group, changeMs),
    )
  }

  async alterGroupOffsets(group: string, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    if (offsets.length === 0) return
    await this.#extended(`change of offsets of group ${group}`, undefined, true, (extension) =>
      extension.alterGroupOffsets(group, offsets, changeMs),
    )
  }

  async deleteRecords(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    if (offsets.length === 0) return
    const topic = offsets[0]?.topic
    await this.#extended('deletion of records', topic, true, (extension) =>
      extension.deleteRecords(offsets, changeMs),
    )
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #watermarks(topic: string, partition: number): Promise<rdkafka.WatermarkOffsets> {
    return await asking<rdkafka.WatermarkOffsets>(
      this.#context.clock,
      this.#lifetime,
      'offset query',
      topic,
      (done) => {
        this.#client.queryWatermarkOffsets(topic, partition, askMs, done)
      },
      partition,
    )
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
        throw toError(error, operation, true, topic)
      }
    })
  }

  async #extended<T>(
    operation: string,
    topic: string | undefined,
    writes: boolean,
    use: (extension: AdminExtension) => Promise<T>,
  ): Promise<T> {
    return await this.#lifetime.guard(async () => {
      const { extension } = this.#parts
      if (extension === undefined) {
        throw unsupported(
          operation,
          'node-rdkafka does not offer it, and the native part is not in use',
        )
      }
      try {
        return await use(extension)
      } catch (error) {
        throw toError(error, operation, writes, topic)
      }
    })
  }

  async #close(): Promise<void> {
    this.#lifetime.end()
    await this.#parts.extension?.stop()
    this.#topicClient?.disconnect()
    await this.#parts.connection.close()
  }
}

function toError(
  error: unknown,
  operation: string,
  writes: boolean,
  topic: string | undefined,
): unknown {
  if (isGokaError(error)) return error
  return transportError(error as ClientFault, { operation, writes, topic })
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

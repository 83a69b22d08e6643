import { type Admin, GokaError, isGokaError, type TopicPartition } from '@goka/interface'
import type { Changelog } from './open-store.ts'

/** Kafka's default of `delete.retention.ms`: one day. */
const DELETE_RETENTION_MS = 86_400_000

/** What is known of the topics of tables, asked from the broker: where they start and end, and what they are. */
export class Changelogs {
  readonly #admin: Admin
  readonly #topics = new Map<string, Promise<TopicFacts>>()
  readonly #canReadConfig: boolean

  constructor(admin: Admin, canReadConfig: boolean) {
    this.#admin = admin
    this.#canReadConfig = canReadConfig
  }

  /** How many partitions a topic has. */
  async partitions(topic: string): Promise<number> {
    return (await this.#facts(topic)).partitions
  }

  /** Where some partitions start and end now, in their order. */
  async read(partitions: readonly TopicPartition[]): Promise<readonly Changelog[]> {
    const [earliest, latest] = await Promise.all([
      this.#admin.offsets(partitions, 'earliest'),
      this.#admin.offsets(partitions, 'latest'),
    ])
    return Promise.all(
      partitions.map(async (partition, index) => {
        const { topicId, tombstoneRetentionMs } = await this.#facts(partition.topic)
        return {
          earliest: earliest[index]?.offset ?? 0,
          latest: latest[index]?.offset ?? 0,
          topicId,
          tombstoneRetentionMs,
        }
      }),
    )
  }

  #facts(topic: string): Promise<TopicFacts> {
    let facts = this.#topics.get(topic)
    if (facts === undefined) {
      facts = this.#readFacts(topic)
      facts.catch(() => this.#topics.delete(topic))
      this.#topics.set(topic, facts)
    }
    return facts
  }

  async #readFacts(topic: string): Promise<TopicFacts> {
    const description = (await this.#admin.topics([topic])).get(topic)
    if (description === undefined) throw unknownTopic(topic)
    const config = this.#canReadConfig ? await this.#config(topic) : {}
    const retention = Number(config['delete.retention.ms'] ?? DELETE_RETENTION_MS)
    return {
      partitions: description.partitions,
      topicId: description.topicId,
      tombstoneRetentionMs: Number.isFinite(retention) ? retention : DELETE_RETENTION_MS,
    }
  }

  async #config(topic: string): Promise<Readonly<Record<string, string>>> {
    try {
      return await this.#admin.topicConfig(topic)
    } catch (error) {
      // Reading the configuration takes a right of its own; the default is what most topics have.
      if (isGokaError(error, 'GOKA_TRANSPORT_UNAUTHORIZED')) return {}
      throw error
    }
  }
}

interface TopicFacts {
  readonly partitions: number
  readonly topicId: string | undefined
  readonly tombstoneRetentionMs: number
}

/** The error for a topic that is not there. */
export function unknownTopic(topic: string): GokaError {
  return new GokaError(
    'GOKA_TOPIC_UNKNOWN',
    `topic "${topic}" does not exist: create it first, or check its name`,
    { topic },
  )
}

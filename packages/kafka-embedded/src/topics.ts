import { GokaError, type NewTopic, type TopicPartition } from '@goka/interface'
import { failed, unknownTopic } from './failures.ts'
import type { LogHost, PartitionLog } from './partition-log.ts'
import { Topic } from './topic.ts'
import { TopicConfig } from './topic-config.ts'

/** The topics of a broker. Nothing is created by being asked for. */
export class Topics {
  readonly #host: LogHost
  readonly #topics = new Map<string, Topic>()
  #lastId = 0

  constructor(host: LogHost) {
    this.#host = host
  }

  find(name: string): Topic | undefined {
    return this.#topics.get(name)
  }

  /** @throws GokaError `GOKA_TOPIC_UNKNOWN` */
  get(name: string): Topic {
    const topic = this.#topics.get(name)
    if (topic === undefined) throw unknownTopic(name)
    return topic
  }

  /** @throws GokaError `GOKA_TOPIC_UNKNOWN` */
  log({ topic, partition }: TopicPartition): PartitionLog {
    const log = this.get(topic).logs[partition]
    if (log === undefined) throw unknownTopic(topic, partition)
    return log
  }

  values(): Iterable<Topic> {
    return this.#topics.values()
  }

  /** @throws GokaError `GOKA_TOPIC_EXISTS`, `GOKA_TRANSPORT_FAILED` */
  create({ topic: name, partitions, config = {} }: NewTopic): void {
    if (this.#topics.has(name)) {
      const message = `topic ${name} exists already: use it, or delete it first`
      throw new GokaError('GOKA_TOPIC_EXISTS', message, { topic: name })
    }
    if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || name === '.' || name === '..') {
      const message = `'${name}' is no name for a topic: use 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'`
      throw failed('admin', 'INVALID_TOPIC', message)
    }
    this.#checkPartitions(name, partitions, 0)
    this.restore(name, this.#lastId + 1, partitions, config)
    this.#tell(this.get(name))
  }

  /** Puts a topic in place as a journal has it. */
  restore(
    name: string,
    id: number,
    partitions: number,
    config: Readonly<Record<string, string>>,
  ): void {
    const known = this.#topics.get(name)
    this.#lastId = Math.max(this.#lastId, id)
    if (known?.id === id) {
      known.configure(new TopicConfig(config))
      known.grow(partitions)
    } else {
      const topic = new Topic(name, id, partitions, new TopicConfig(config), this.#host)
      this.#topics.set(name, topic)
    }
  }

  delete(name: string): void {
    const topic = this.get(name)
    this.#topics.delete(name)
    for (const log of topic.logs) log.delete()
    this.#host.journal?.tell({ kind: 'topic-deleted', topic: name })
  }

  grow(name: string, partitions: number): void {
    const topic = this.get(name)
    this.#checkPartitions(name, partitions, topic.logs.length)
    topic.grow(partitions)
    this.#tell(topic)
  }

  configure(name: string, entries: Readonly<Record<string, string>>): void {
    const topic = this.get(name)
    topic.configure(topic.config.with(entries))
    this.#tell(topic)
  }

  #tell({ name: topic, id, logs, config }: Topic): void {
    const partitions = logs.length
    this.#host.journal?.tell({ kind: 'topic', topic, id, partitions, config: config.given })
  }

  #checkPartitions(name: string, partitions: number, present: number): void {
    if (Number.isSafeInteger(partitions) && partitions > present) return
    const message = `topic ${name} cannot get ${partitions} partitions: name a whole number above ${present}`
    throw failed('admin', 'INVALID_PARTITIONS', message)
  }
}

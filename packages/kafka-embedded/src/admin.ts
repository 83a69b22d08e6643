import type {
  Admin,
  NewTopic,
  TopicDescription,
  TopicPartition,
  TopicPartitionOffset,
} from '@goka/interface'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { offsetRange } from './failures.ts'

/** Topics and offsets of an embedded broker. */
export class EmbeddedAdmin implements Admin {
  readonly #broker: Broker
  readonly #connection: Connection

  constructor(broker: Broker, connection: Connection) {
    this.#broker = broker
    this.#connection = connection
  }

  topics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    return this.#ask(undefined, () => {
      const found = new Map<string, TopicDescription>()
      for (const name of names) {
        const topic = this.#broker.topics.find(name)
        if (topic === undefined) continue
        const { logs, id } = topic
        found.set(name, { topic: name, partitions: logs.length, topicId: String(id) })
      }
      return found
    })
  }

  createTopic(topic: NewTopic): Promise<void> {
    return this.#change(topic.topic, () => this.#broker.createTopic(topic))
  }

  deleteTopic(topic: string): Promise<void> {
    return this.#change(topic, () => this.#broker.deleteTopic(topic))
  }

  createPartitions(topic: string, partitions: number): Promise<void> {
    return this.#change(topic, () => this.#broker.createPartitions(topic, partitions))
  }

  topicConfig(topic: string): Promise<Readonly<Record<string, string>>> {
    return this.#ask(topic, () => this.#broker.topics.get(topic).config.entries())
  }

  alterTopicConfig(topic: string, config: Readonly<Record<string, string>>): Promise<void> {
    return this.#change(topic, () => this.#broker.topics.configure(topic, config))
  }

  offsets(
    partitions: readonly TopicPartition[],
    which: 'earliest' | 'latest',
  ): Promise<readonly TopicPartitionOffset[]> {
    return this.#ask(undefined, () =>
      partitions.map(({ topic, partition }) => {
        const log = this.#broker.topics.log({ topic, partition })
        return { topic, partition, offset: which === 'earliest' ? log.start : log.end }
      }),
    )
  }

  groupOffsets(group: string): Promise<readonly TopicPartitionOffset[]> {
    return this.#connection.request('admin', { operation: 'metadata', group }, () =>
      this.#broker.group(group).offsets.all(),
    )
  }

  alterGroupOffsets(group: string, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    return this.#connection.request('admin', { operation: 'admin', group }, () => {
      for (const offset of offsets) this.#broker.topics.log(offset)
      this.#broker.group(group).alter(offsets)
    })
  }

  deleteRecords(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    return this.#change(undefined, () => {
      const logs = offsets.map((before) => {
        const log = this.#broker.topics.log(before)
        if (before.offset > log.end) throw offsetRange(before, log.start, log.end)
        return log
      })
      for (const [index, log] of logs.entries()) {
        log.deleteBefore((offsets[index] as TopicPartitionOffset).offset)
      }
    })
  }

  async close(): Promise<void> {
    this.#connection.close()
  }

  #ask<Result>(topic: string | undefined, apply: () => Result): Promise<Result> {
    return this.#connection.request('admin', { operation: 'metadata', topic }, apply)
  }

  #change(topic: string | undefined, apply: () => void): Promise<void> {
    return this.#connection.request('admin', { operation: 'admin', topic }, apply)
  }
}

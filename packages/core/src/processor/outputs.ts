import type { ByteString, Headers, ProduceBatch, Producer } from '@goka/interface'
import type { Partitioner } from '../partitioner.ts'
import { unknownTopic } from '../table/changelogs.ts'

/** The topics that a processor writes to, and how many partitions each has. */
export class Outputs {
  readonly #partitioner: Partitioner
  readonly #partitions = new Map<string, number>()

  constructor(partitioner: Partitioner) {
    this.#partitioner = partitioner
  }

  /**
   * Asks for the partitions of the topics, so that writing needs no waiting.
   * @throws GokaError `GOKA_TOPIC_UNKNOWN`
   */
  async refresh(producer: Producer, topics: Iterable<string>): Promise<void> {
    await Promise.all(
      [...topics].map(async (topic) => {
        this.#partitions.set(topic, await producer.partitions(topic))
      }),
    )
  }

  /** Adds a record to `batch`, for the partition that its key belongs to. */
  write(
    batch: ProduceBatch,
    topic: string,
    key: ByteString,
    value: Uint8Array | null,
    timestampMs: number,
    headers: Headers | undefined,
  ): void {
    const partitions = this.#partitions.get(topic)
    if (partitions === undefined) throw unknownTopic(topic)
    const partition = this.#partitioner.partition(key, partitions)
    batch.add(batch.topicIndex(topic), partition, key, value, timestampMs, headers)
  }
}

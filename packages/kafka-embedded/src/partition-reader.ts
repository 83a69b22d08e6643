import type {
  PartitionReader,
  PartitionReaderOptions,
  RecordBatch,
  TopicPartition,
  TopicPartitionOffset,
} from '@goka/interface'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { Fetcher } from './fetcher.ts'
import { partitionKey } from './partition-key.ts'

/** Reads partitions without a group. */
export class EmbeddedPartitionReader implements PartitionReader {
  readonly #broker: Broker
  readonly #connection: Connection
  readonly #fetcher: Fetcher
  /** Partitions whose `add` is under way, and the last such call: one that was overtaken starts nothing. */
  readonly #adding = new Map<string, object>()

  constructor(broker: Broker, connection: Connection, { isolation }: PartitionReaderOptions) {
    this.#broker = broker
    this.#connection = connection
    const maxBytes = broker.settings.fetchMaxBytes
    this.#fetcher = new Fetcher(connection, { isolation, maxBytes, tellsEnds: true })
  }

  async add(positions: readonly TopicPartitionOffset[]): Promise<void> {
    const call = {}
    for (const position of positions) this.#adding.set(partitionKey(position), call)
    const isWanted = (key: string): boolean => this.#adding.get(key) === call
    try {
      await this.#connection.request('metadata', { operation: 'metadata' }, () => {
        const logs = positions.map((position) => this.#broker.topics.log(position))
        for (const [index, log] of logs.entries()) {
          if (!isWanted(partitionKey(log))) continue
          this.#fetcher.start(log, (positions[index] as TopicPartitionOffset).offset, false)
        }
      })
    } finally {
      for (const key of positions.map(partitionKey)) if (isWanted(key)) this.#adding.delete(key)
    }
  }

  async remove(partitions: readonly TopicPartition[]): Promise<void> {
    for (const partition of partitions) {
      this.#adding.delete(partitionKey(partition))
      this.#fetcher.stop(partition)
    }
    await this.#connection.caughtUp()
  }

  poll(timeoutMs: number): Promise<readonly RecordBatch[]> {
    return this.#fetcher.poll(timeoutMs)
  }

  endOffset(partition: TopicPartition): number | undefined {
    this.#connection.checkOpen()
    return this.#fetcher.endOffset(partition)
  }

  async close(): Promise<void> {
    this.#fetcher.close()
    this.#connection.close()
  }
}

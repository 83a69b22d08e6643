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

/** Reads partitions without a group. */
export class EmbeddedPartitionReader implements PartitionReader {
  readonly #broker: Broker
  readonly #connection: Connection
  readonly #fetcher: Fetcher

  constructor(broker: Broker, connection: Connection, { isolation }: PartitionReaderOptions) {
    this.#broker = broker
    this.#connection = connection
    const maxBytes = broker.settings.fetchMaxBytes
    this.#fetcher = new Fetcher(connection, { isolation, maxBytes, tellsEnds: true })
  }

  add(positions: readonly TopicPartitionOffset[]): Promise<void> {
    return this.#connection.request('metadata', { operation: 'metadata' }, () => {
      const logs = positions.map((position) => this.#broker.topics.log(position))
      for (const [index, log] of logs.entries()) {
        this.#fetcher.start(log, (positions[index] as TopicPartitionOffset).offset, false)
      }
    })
  }

  async remove(partitions: readonly TopicPartition[]): Promise<void> {
    for (const partition of partitions) this.#fetcher.stop(partition)
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

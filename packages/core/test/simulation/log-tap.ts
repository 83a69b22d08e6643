import type { PartitionReader } from '@goka/interface'
import { LogRecorder } from '../log-recorder.ts'
import type { Simulation } from './simulation.ts'
import { type Found, foundIn } from './topic-log.ts'

/** The offset of what has gone with the topic as it was before. */
const BEFORE = -1

/** Follows topics as a reader of committed records: knows also what is compacted away later. */
export class LogTap {
  readonly #simulation: Simulation
  readonly #reader: PartitionReader
  readonly #records = new Map<string, Found[]>()

  private constructor(simulation: Simulation, reader: PartitionReader) {
    this.#simulation = simulation
    this.#reader = reader
  }

  static async open(
    simulation: Simulation,
    topics: Readonly<Record<string, number>>,
  ): Promise<LogTap> {
    const { transport, clock } = simulation
    const making = transport.partitionReader(
      { isolation: 'read_committed' },
      { clientId: 'outside-tap', clock, log: new LogRecorder(), connectTimeoutMs: 10_000 },
    )
    await simulation.settle()
    const tap = new LogTap(simulation, await making)
    const positions = Object.entries(topics).flatMap(([topic, partitions]) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 })),
    )
    for (const { topic, partition } of positions) tap.#records.set(`${topic}/${partition}`, [])
    const added = tap.#reader.add(positions)
    await simulation.settle()
    await added
    return tap
  }

  /** Reads a topic no further: it is to be deleted. */
  async leave(topic: string): Promise<void> {
    await this.catchUp()
    const removed = this.#reader.remove(this.#partitionsOf(topic))
    await this.#simulation.settle()
    await removed
  }

  /** Reads a topic that was made anew. Its keys were there and are not any more. */
  async begin(topic: string, keysOf: (partition: number) => readonly string[]): Promise<void> {
    const partitions = this.#partitionsOf(topic)
    const calls = this.#simulation.ledger.nextCall
    for (const { partition } of partitions) {
      const gone = keysOf(partition).map((key): Found => {
        return { partition, offset: BEFORE, key, value: null, headers: {}, calls }
      })
      this.#records.get(`${topic}/${partition}`)?.push(...gone)
    }
    const added = this.#reader.add(partitions.map((one) => ({ ...one, offset: 0 })))
    await this.#simulation.settle()
    await added
  }

  #partitionsOf(topic: string) {
    const count = this.#simulation.topics[topic] ?? 0
    return Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  }

  /** Reads everything that is there, which takes no time. */
  async catchUp(): Promise<void> {
    for (;;) {
      await this.#simulation.settle()
      const polling = this.#reader.poll(0)
      await this.#simulation.settle()
      const batches = await polling
      if (batches.length === 0) return
      for (const batch of batches) {
        const calls = this.#simulation.ledger.nextCall
        const records = foundIn(batch).map((found) => ({ ...found, calls }))
        this.#records.get(`${batch.topic}/${batch.partition}`)?.push(...records)
      }
    }
  }

  /** What was read of a partition. */
  records(topic: string, partition: number): readonly Found[] {
    return this.#records.get(`${topic}/${partition}`) ?? []
  }

  /** What was read of a partition since its topic was made. */
  current(topic: string, partition: number): readonly Found[] {
    const records = this.records(topic, partition)
    return records.slice(records.findLastIndex(({ offset }) => offset === BEFORE) + 1)
  }

  async close(): Promise<void> {
    const closing = this.#reader.close()
    await this.#simulation.settle()
    await closing
  }
}

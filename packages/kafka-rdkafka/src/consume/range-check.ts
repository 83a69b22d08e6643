import type { Clock } from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import { call } from '../client/call.ts'
import type { FlowingPartition } from './partition-flow.ts'

/** How long a partition may stand still before its end before it is looked after. */
const quietMs = 1_000
const askMs = 1_000

/**
 * Finds the partition whose offset is not there. node-rdkafka tells that there is one and not which, and not even that when
 * records came before it in the same call.
 */
export class RangeCheck {
  readonly #client: rdkafka.KafkaConsumer
  readonly #clock: Clock
  #checkedAt = 0

  constructor(client: rdkafka.KafkaConsumer, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  /** Whether it is time to look after these partitions, though nothing was told. */
  isDue(partitions: Iterable<FlowingPartition>): boolean {
    const now = this.#clock.now()
    if (now - this.#checkedAt < quietMs) return false
    for (const partition of partitions) {
      if (isWaiting(partition) && now - partition.movedAt >= quietMs) return true
    }
    return false
  }

  /** The partitions whose position is before their start or past their end. */
  async run(partitions: Iterable<FlowingPartition>): Promise<readonly FlowingPartition[]> {
    const outside: FlowingPartition[] = []
    for (const partition of [...partitions].filter(isWaiting)) {
      const { position } = partition
      const range = await this.#range(partition)
      if (range === undefined || partition.position !== position) continue
      if (position < range.lowOffset || position > range.highOffset) outside.push(partition)
    }
    this.#checkedAt = this.#clock.now()
    return outside
  }

  async #range({
    topic,
    partition,
  }: FlowingPartition): Promise<rdkafka.WatermarkOffsets | undefined> {
    try {
      return await call((done) => {
        this.#client.queryWatermarkOffsets(topic, partition, askMs, done)
      })
    } catch {
      return undefined
    }
  }
}

function isWaiting(partition: FlowingPartition): boolean {
  return partition.live && !partition.paused && !partition.atEnd
}

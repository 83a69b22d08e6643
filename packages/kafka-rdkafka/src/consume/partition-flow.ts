import type { Clock, RecordBatch, TopicPartition, TopicPartitionOffset } from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import { call, delay } from '../client/call.ts'
import { type ClientFault, faultCodes } from '../client-fault.ts'
import { transportError } from '../errors.ts'
import type { RecordSource } from '../record-source.ts'

/** How long librdkafka may refuse a seek because it is still starting the partition. */
const seekLimitMs = 10_000
const seekPauseMs = 10
/** Kafka's name for the offset of the next record to be written, where a time is asked for. */
const latest = -1

/** A partition that a consumer reads, and how far. */
export interface FlowingPartition extends TopicPartition {
  /** Where to go on: the offset after what was returned last. NaN as long as it is not known where to start. */
  position: number
  /** Whether records are not wanted: those that come nevertheless are dropped, and fetched again. */
  paused: boolean
  /** Whether the client reads it from `position` on. What comes when it does not is stale. */
  live: boolean
  /** It is being given away: nothing of it is returned any more, though it is still this consumer's. */
  leaving: boolean
  /** librdkafka has given the partition up, for an offset that is not there: it can only be assigned again. */
  broken: boolean
  /** Whether the end was reached at `position`. */
  atEnd: boolean
  /** The offset after the last record that was returned; `-1` before the first. */
  reached: number
  /** When it last moved, by the clock. */
  movedAt: number
}

/**
 * What lies between a source of records and a consumer's poll: it knows which partitions are read and from where, and drops
 * what was fetched before a partition was given away, paused or moved. Where a partition goes on is always said to librdkafka
 * by a seek: its own idea of the position is one too far where an end of partition was popped in a batch (2.12).
 */
export class PartitionFlow {
  readonly #client: rdkafka.KafkaConsumer
  readonly #source: RecordSource
  readonly #clock: Clock
  readonly #partitions = new Map<string, FlowingPartition>()
  /** Pauses, resumes and moves take effect one after the other. */
  #commands: Promise<unknown> = Promise.resolve()

  constructor(client: rdkafka.KafkaConsumer, source: RecordSource, clock: Clock) {
    this.#client = client
    this.#source = source
    this.#clock = clock
  }

  get partitions(): Iterable<FlowingPartition> {
    return this.#partitions.values()
  }

  get(partition: TopicPartition): FlowingPartition | undefined {
    return this.#partitions.get(keyOf(partition))
  }

  /** Takes partitions in, before the client does. Nothing of them is returned until {@link start}. */
  add(partitions: readonly TopicPartition[], paused: boolean): void {
    for (const { topic, partition } of partitions) {
      this.#partitions.set(keyOf({ topic, partition }), {
        topic,
        partition,
        position: NaN,
        paused,
        live: false,
        leaving: false,
        broken: false,
        atEnd: false,
        reached: -1,
        movedAt: this.#clock.now(),
      })
    }
  }

  /**
   * Has the client read partitions that were added: calls `assign` with their positions at the moment when nothing old of
   * them is on its way any more. A position that a resume has given meanwhile holds.
   */
  async start(
    positions: readonly TopicPartitionOffset[],
    assign: (positions: TopicPartitionOffset[]) => void,
  ): Promise<void> {
    await this.#source.discard(positions)
    const added = this.#known(positions)
    for (const position of positions) {
      const partition = this.get(position)
      if (partition !== undefined && Number.isNaN(partition.position)) {
        partition.position = position.offset
      }
    }
    assign(added.map(positionOf))
    for (const partition of added) partition.live = true
    // librdkafka keeps a pause beyond the end of an assignment.
    this.#apply(added)
  }

  /** Returns nothing of partitions any more, before they are given away. */
  leave(partitions: readonly TopicPartition[]): void {
    for (const partition of this.#known(partitions)) partition.leaving = true
  }

  remove(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#partitions.delete(keyOf(partition))
  }

  /** Lets go of everything; resolves when no call of the client is under way any more. */
  async clear(): Promise<void> {
    this.#partitions.clear()
    await this.#commands
  }

  /** Waits for records, at most `timeoutMs`; `[]` also as soon as `interrupted` says so. */
  async poll(timeoutMs: number, interrupted: () => boolean): Promise<readonly RecordBatch[]> {
    const deadline = this.#clock.now() + timeoutMs
    for (;;) {
      const leftMs = Math.max(0, deadline - this.#clock.now())
      const admitted = this.#admit(await this.#source.poll(leftMs))
      if (admitted.length > 0 || leftMs === 0 || interrupted()) return admitted
    }
  }

  async pause(partitions: readonly TopicPartition[]): Promise<void> {
    await this.#command(async () => {
      const known = this.#known(partitions)
      for (const partition of known) partition.paused = true
      this.#apply(known)
    })
  }

  async resume(
    partitions: readonly (TopicPartition & { readonly offset?: number })[],
  ): Promise<void> {
    await this.#command(async () => {
      const moved: FlowingPartition[] = []
      for (const wanted of partitions) {
        const partition = this.get(wanted)
        if (partition === undefined) continue
        partition.position = wanted.offset ?? partition.position
        const isMove = wanted.offset !== undefined
        if (partition.live && (partition.paused || isMove)) moved.push(partition)
      }
      await this.#move(moved)
      const known = this.#known(partitions)
      for (const partition of known) partition.paused = false
      this.#apply(known)
    })
  }

  /** The end of a partition as far as the client has seen it. */
  endOffset(partition: TopicPartition): number | undefined {
    const known = this.get(partition)
    if (known === undefined) return undefined
    const { highOffset } = this.#client.getWatermarkOffsets(known.topic, known.partition)
    if (highOffset < 0) return known.atEnd ? known.position : undefined
    // A broker notes the end before it reads, and may have given records that were written in between.
    return Math.max(highOffset, known.reached)
  }

  /** Makes the client go on at the `position` of partitions. */
  async #move(partitions: readonly FlowingPartition[]): Promise<void> {
    if (partitions.length === 0) return
    for (const partition of partitions) {
      partition.live = false
      partition.atEnd = false
    }
    this.#client.pause(partitions.map(nameOf))
    await this.#source.discard(partitions)
    for (const partition of this.#still(partitions)) {
      await (partition.broken ? this.#restart(partition) : this.#seek(partition))
      partition.live = true
      partition.movedAt = this.#clock.now()
    }
  }

  async #seek(partition: FlowingPartition): Promise<void> {
    const deadline = this.#clock.now() + seekLimitMs
    while (this.#still([partition]).length > 0) {
      try {
        await call((done) => {
          this.#client.seek(positionOf(partition), 1_000, done)
        })
        return
      } catch (error) {
        const fault = error as ClientFault
        const starting =
          fault.code === faultCodes.ERR__STATE ||
          fault.code === faultCodes.ERR__PREV_IN_PROGRESS ||
          fault.code === faultCodes.ERR__TIMED_OUT
        if (!starting || this.#clock.now() > deadline) {
          throw transportError(fault, { operation: 'seek', writes: false, ...nameOf(partition) })
        }
        await delay(this.#clock, seekPauseMs)
      }
    }
  }

  /** Assigns a partition anew that librdkafka has given up. */
  async #restart(partition: FlowingPartition): Promise<void> {
    partition.broken = false
    if (this.#client.rebalanceProtocol() !== 'EAGER') {
      this.#client.incrementalUnassign([nameOf(partition)])
      this.#client.incrementalAssign([positionOf(partition)])
      return
    }
    // The eager protocol knows whole assignments only.
    const all = [...this.#partitions.values()].filter(({ live }) => live)
    for (const other of all) other.live = false
    this.#client.pause(all.map(nameOf))
    await this.#source.discard(all)
    const kept = this.#still(all)
    this.#client.assign([...kept, partition].map(positionOf))
    for (const other of kept) other.live = true
    this.#apply(kept)
  }

  /** Tells the client which partitions are wanted and which not. */
  #apply(partitions: readonly FlowingPartition[]): void {
    const live = partitions.filter((partition) => partition.live)
    const paused = live.filter((partition) => partition.paused).map(nameOf)
    const resumed = live.filter((partition) => !partition.paused).map(nameOf)
    if (paused.length > 0) this.#client.pause(paused)
    if (resumed.length === 0) return
    this.#client.resume(resumed)
    // librdkafka's thread for a broker sleeps up to a second when it has nothing to fetch, and a resume does not wake it. A
    // request to each leader does.
    void call((done) => {
      this.#client.offsetsForTimes(
        resumed.map((partition) => ({ ...partition, offset: latest })),
        1_000,
        done,
      )
    }).catch(() => undefined)
  }

  #admit(batches: readonly RecordBatch[]): readonly RecordBatch[] {
    const admitted: RecordBatch[] = []
    for (const batch of batches) {
      const partition = this.get(batch)
      if (partition === undefined || !partition.live || partition.paused) continue
      if (partition.leaving) continue
      partition.position = batch.nextOffset
      partition.atEnd = batch.atEnd
      partition.reached = Math.max(partition.reached, batch.nextOffset)
      partition.movedAt = this.#clock.now()
      admitted.push(batch)
    }
    return admitted
  }

  #known(partitions: readonly TopicPartition[]): FlowingPartition[] {
    const known: FlowingPartition[] = []
    for (const partition of partitions) {
      const found = this.get(partition)
      if (found !== undefined) known.push(found)
    }
    return known
  }

  /** Those that were not taken away meanwhile. */
  #still(partitions: readonly FlowingPartition[]): FlowingPartition[] {
    return partitions.filter((partition) => this.get(partition) === partition)
  }

  async #command(command: () => Promise<void>): Promise<void> {
    const done = this.#commands.then(command)
    this.#commands = done.catch(() => undefined)
    await done
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

function nameOf({ topic, partition }: TopicPartition): { topic: string; partition: number } {
  return { topic, partition }
}

function positionOf({ topic, partition, position }: FlowingPartition): {
  topic: string
  partition: number
  offset: number
} {
  return { topic, partition, offset: position }
}

import type { TopicPartition } from '@goka/interface'
import { RecordBatch } from '@goka/interface'
import type { RecordSource, RecordSourceOptions } from '../record-source.ts'
import type { ConsumerPump, NativeAddon } from './addon.ts'

// The layout of a slab, in doubles: native/record-slab.h.
const HEADER_FIELDS = 3
const ENTRY_FIELDS = 8

/** Slabs that wait to be polled: enough that neither side waits for the other, few enough that stale ones are few. */
const READY_SLABS = 3

/** librdkafka's `ERR__FATAL`. */
const FATAL = -150

/**
 * The records of a connected consumer that was made with the plugin, popped by the addon's thread.
 *
 * librdkafka 2.12 takes an end of partition that was popped in a batch for a record: its own position is one too far then. So
 * a partition that was paused must be resumed by a seek to where its reader is, never from librdkafka's position.
 * @param client - `client.name` of node-rdkafka
 */
export function pumpSource(
  native: NativeAddon,
  client: string,
  options: RecordSourceOptions,
): RecordSource {
  return new PumpSource(native, client, options)
}

interface Discard {
  readonly mark: number
  readonly resolve: () => void
}

class PumpSource implements RecordSource {
  readonly #pump: ConsumerPump
  readonly #onFault: RecordSourceOptions['onFault']
  #topics: readonly string[] = []
  /** By partition: slabs with a lower mark were popped before it was discarded. */
  readonly #floors = new Map<string, number>()
  #highestFloor = 0
  #discards: Discard[] = []
  #resolvePoll: ((batches: readonly RecordBatch[]) => void) | undefined
  #timeoutMs = 0
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #stopping = false
  readonly #stopped: Promise<void>
  #resolveStopped!: () => void

  constructor(native: NativeAddon, client: string, options: RecordSourceOptions) {
    this.#onFault = options.onFault
    this.#stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve
    })
    this.#pump = new native.ConsumerPump(
      client,
      options.maxRecords,
      options.maxBytes,
      READY_SLABS,
      options.numberKeys,
      () => this.#wake(),
    )
  }

  poll(timeoutMs: number): Promise<readonly RecordBatch[]> {
    if (this.#stopping) return Promise.resolve([])
    return new Promise((resolve) => {
      this.#resolvePoll = resolve
      this.#timeoutMs = timeoutMs
      // Never in this turn of the event loop: a reader that polls again and again would starve everything else.
      this.#immediate = setImmediate(() => {
        this.#immediate = undefined
        if (this.#deliver()) return
        this.#timer = setTimeout(() => this.#answer([]), this.#timeoutMs)
      })
    })
  }

  discard(partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0 || this.#stopping) return Promise.resolve()
    const mark = this.#pump.mark()
    this.#highestFloor = mark
    for (const { topic, partition } of partitions) this.#floors.set(`${topic}/${partition}`, mark)
    if (this.#pump.settledMark() >= mark) return Promise.resolve()
    return new Promise((resolve) => {
      this.#discards.push({ mark, resolve })
    })
  }

  stop(): Promise<void> {
    this.#stopping = true
    this.#pump.stop()
    this.#answer([])
    return this.#stopped
  }

  #wake(): void {
    const stopped = this.#pump.stopped()
    if (this.#discards.length > 0) {
      const settled = stopped ? Number.POSITIVE_INFINITY : this.#pump.settledMark()
      for (const discard of this.#discards) if (discard.mark <= settled) discard.resolve()
      this.#discards = this.#discards.filter((discard) => discard.mark > settled)
    }
    if (stopped) {
      this.#stopping = true
      this.#answer([])
      this.#resolveStopped()
    } else if (this.#immediate === undefined) {
      this.#deliver()
    }
  }

  /** Answers a poll if there is something to answer. */
  #deliver(): boolean {
    while (this.#resolvePoll !== undefined) {
      const slab = this.#pump.take()
      if (slab === undefined) return false
      const batches: RecordBatch[] = []
      const faults = this.#unpack(slab, batches)
      if (batches.length > 0 || faults > 0) this.#answer(batches)
    }
    return true
  }

  #answer(batches: readonly RecordBatch[]): void {
    const resolve = this.#resolvePoll
    this.#resolvePoll = undefined
    clearImmediate(this.#immediate)
    this.#immediate = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
    resolve?.(batches)
  }

  /** Returns how many faults there were. */
  #unpack(slab: ArrayBuffer, batches: RecordBatch[]): number {
    const fields = new Float64Array(slab, 0, Math.floor(slab.byteLength / 8))
    const end = HEADER_FIELDS + (fields[0] as number) * ENTRY_FIELDS
    const mark = fields[1] as number
    const keyEpoch = fields[2] as number
    if (mark >= this.#highestFloor) this.#floors.clear()
    let faults = 0
    for (let at = HEADER_FIELDS; at < end; at += ENTRY_FIELDS) {
      const topic = this.#topic(fields[at] as number)
      const partition = fields[at + 1] as number
      const start = fields[at + 2] as number
      const length = fields[at + 3] as number
      const offset = fields[at + 4] as number
      const atEnd = fields[at + 5] === 1
      const code = fields[at + 6] as number
      if (topic !== undefined && this.#floors.size > 0) {
        const floor = this.#floors.get(`${topic}/${partition}`)
        if (floor !== undefined && mark < floor) continue
      }
      if (code === 0 && topic !== undefined) {
        const numbers = keyEpoch > 0 ? new Int32Array(slab, fields[at + 7], length) : undefined
        batches.push(
          new RecordBatch(topic, partition, slab, start, length, offset, atEnd, numbers, keyEpoch),
        )
        continue
      }
      faults++
      this.#onFault({
        code,
        message: Buffer.from(slab, start, length).toString(),
        isFatal: code === FATAL,
        ...(topic !== undefined && { topic }),
        ...(partition >= 0 && { partition }),
        ...(offset >= 0 && { offset }),
      })
    }
    return faults
  }

  #topic(index: number): string | undefined {
    if (index < 0) return undefined
    if (index >= this.#topics.length) this.#topics = this.#pump.topics()
    return this.#topics[index]
  }
}

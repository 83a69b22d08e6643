import { setTimeout as delay } from 'node:timers/promises'
import { bytes } from '@goka/codecs/bytes'
import { type Emitter, stream } from '@goka/core'
import type { PartitionReader } from '@goka/interface'
import type { Cluster } from './cluster.ts'
import { keyName, keyOfRecord } from './keys.ts'

/** A record of 100 bytes begins with the time of its emit and its number. */
const NUMBER_AT = 8

/** Emits records at a rate and measures how long it takes until each is seen in another topic. */
export class EchoProbe implements AsyncDisposable {
  readonly #emitter: Emitter<Uint8Array>
  readonly #reader: PartitionReader
  readonly #keys: number
  /** By the number of the record: milliseconds from emit to sight; NaN until it is seen. */
  readonly #latencies: number[] = []
  #emitted = 0
  #repeated = 0
  #closed = false
  readonly #reading: Promise<void>

  private constructor(emitter: Emitter<Uint8Array>, reader: PartitionReader, keys: number) {
    this.#emitter = emitter
    this.#reader = reader
    this.#keys = keys
    this.#reading = this.#read()
  }

  static async open(
    cluster: Cluster,
    input: string,
    output: string,
    partitions: number,
    keys: number,
  ): Promise<EchoProbe> {
    const reader = await cluster.reader()
    await reader.add(
      Array.from({ length: partitions }, (_, partition) => ({
        topic: output,
        partition,
        offset: 0,
      })),
    )
    return new EchoProbe(cluster.goka.emitter(stream(input, bytes)), reader, keys)
  }

  /** How many records were seen more than once. */
  get repeated(): number {
    return this.#repeated
  }

  /** Emits so many records at a rate; resolves when all are acknowledged. */
  async emit(records: number, perSecond: number): Promise<void> {
    const startMs = performance.now()
    const acknowledged: Promise<unknown>[] = []
    while (acknowledged.length < records) {
      const due = Math.min(records, ((performance.now() - startMs) * perSecond) / 1_000 + 1)
      while (acknowledged.length < due) acknowledged.push(this.#emit())
      await delay(1)
    }
    await Promise.all(acknowledged)
  }

  /** Waits until every record has been seen; resolves to how many have not within the time. */
  async unseen(withinMs: number): Promise<number> {
    const deadline = performance.now() + withinMs
    while (this.#latencies.some(Number.isNaN) && performance.now() < deadline) await delay(1)
    return this.#latencies.filter(Number.isNaN).length
  }

  /** The latencies of the records from this one on, in milliseconds, from the lowest to the highest. */
  sorted(from: number): Float64Array {
    return Float64Array.from(this.#latencies.slice(from)).sort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#emitter.close()
    await this.#reader.close()
    await this.#reading
  }

  #emit(): Promise<unknown> {
    const number = this.#emitted++
    this.#latencies.push(Number.NaN)
    const key = keyName(keyOfRecord(number, this.#keys))
    const value = Buffer.alloc(100 - key.length, 'x')
    value.writeDoubleLE(performance.now(), 0)
    value.writeUInt32LE(number, NUMBER_AT)
    return this.#emitter.emit(key, value)
  }

  async #read(): Promise<void> {
    while (!this.#closed) {
      const batches = await this.#reader.poll(100)
      const nowMs = performance.now()
      for (const batch of batches) {
        for (let index = 0; index < batch.length; index++) {
          const value = Buffer.from(batch.value(index) ?? [])
          const number = value.readUInt32LE(NUMBER_AT)
          if (Number.isNaN(this.#latencies[number])) {
            this.#latencies[number] = nowMs - value.readDoubleLE(0)
          } else this.#repeated++
        }
      }
    }
  }
}

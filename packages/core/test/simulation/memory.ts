import type { ProcessorReport } from '@goka/core'
import type { Transport } from '@goka/interface'
import { altered } from './altered.ts'
import type { Ledger, Tenure } from './ledger.ts'
import type { Plan } from './plan.ts'

/** After how many records of a batch a task looks whether there is room. */
const LOOK_EVERY = 64

/** What a record of an output has besides its key and value: headers, also those of dead letters. */
const HEADER_BYTES = 250

/** What a key takes that waits for a visit. */
const KEY_BYTES = 50

interface Written {
  readonly topic: string
  readonly offset: number
  readonly bytes: number
}

/** I12: what an instance holds of records, and of what came of them, stays within its limits. */
export class Memory {
  readonly #name: string
  readonly #plan: Plan
  readonly #ledger: Ledger
  readonly #report: () => ProcessorReport
  readonly #tenures: ReadonlyMap<number, Tenure>
  /** What the callbacks of each partition have written, as far as it is not committed. */
  readonly #written = new Map<number, Written[]>()
  /** The most bytes that one poll has returned, and the most records of one of its batches. */
  #pollBytes = 0
  #batchRecords = 0
  /** The most bytes that one callback has written. */
  #recordBytes = 0
  /** Visits under way: their keys wait with the records. */
  visits = 0

  /** @param tenures - of the partitions that are here */
  constructor(
    name: string,
    plan: Plan,
    ledger: Ledger,
    tenures: ReadonlyMap<number, Tenure>,
    report: () => ProcessorReport,
  ) {
    this.#tenures = tenures
    this.#name = name
    this.#plan = plan
    this.#ledger = ledger
    this.#report = report
  }

  /** The transport, with an eye on what is polled and what is committed. */
  watched(transport: Transport): Transport {
    return altered(transport, {
      groupConsumer: async (options, context) => {
        const consumer = await transport.groupConsumer(options, context)
        return altered(consumer, {
          poll: async (timeoutMs) => {
            this.check()
            const batches = await consumer.poll(timeoutMs)
            const bytes = batches.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
            this.#pollBytes = Math.max(this.#pollBytes, bytes)
            for (const { length } of batches) {
              this.#batchRecords = Math.max(this.#batchRecords, length)
            }
            return batches
          },
          commit: async (offsets) => {
            await consumer.commit(offsets)
            for (const { topic, partition, offset } of offsets) {
              this.#committed(topic, partition, offset)
            }
          },
        })
      },
      transactionalProducer: async (options, context) => {
        const producer = await transport.transactionalProducer(options, context)
        return altered(producer, {
          commit: async (consumer, offsets) => {
            await producer.commit(consumer, offsets)
            for (const { topic, partition, offset } of offsets) {
              this.#committed(topic, partition, offset)
            }
          },
        })
      },
    })
  }

  /** A record has left so many bytes of keys and values. */
  wrote(tenure: Tenure, topic: string, offset: number, bytes: number): void {
    const { partition } = tenure
    this.#recordBytes = Math.max(this.#recordBytes, bytes)
    // What is done when the partition has gone is void.
    if (this.#tenures.get(partition) !== tenure) return
    const written = this.#written.get(partition) ?? []
    this.#written.set(partition, written)
    written.push({ topic, offset, bytes })
    this.check()
  }

  /** A visit has left so many bytes: when these are committed cannot be told from outside. */
  visited(bytes: number): void {
    this.#recordBytes = Math.max(this.#recordBytes, bytes)
  }

  /** The partition has gone, with all that it left. */
  left(partition: number): void {
    this.#written.delete(partition)
  }

  #committed(topic: string, partition: number, offset: number): void {
    const left = this.#written
      .get(partition)
      ?.filter((one) => one.topic !== topic || one.offset >= offset)
    if (left !== undefined) this.#written.set(partition, left)
  }

  /** Compares what is held with the limits. */
  check(): void {
    const { maxQueuedBytes, maxUncommittedBytes, partitions, concurrency, keys } = this.#plan
    let queued = 0
    let uncommitted = 0
    for (const one of this.#report().partitions) {
      queued += one.queuedBytes
      uncommitted += one.uncommittedBytes
    }
    // Some partitions may be paused that had it all; each of the others may have its share, and once more a poll.
    const visited = this.visits * keys.length * KEY_BYTES
    const queueLimit = 2 * maxQueuedBytes + (partitions + 1) * this.#pollBytes + visited
    this.#compare('waiting records', queued, queueLimit)
    // What is under way when the limit is reached still writes.
    const underWay = Math.min(LOOK_EVERY, this.#batchRecords) + 2 * concurrency * partitions
    const limit = 2 * maxUncommittedBytes + underWay * (this.#recordBytes + HEADER_BYTES)
    this.#compare('what is not committed', uncommitted, limit)
    let written = 0
    for (const all of this.#written.values()) for (const { bytes } of all) written += bytes
    this.#compare('what callbacks have left', written, limit)
  }

  #compare(what: string, bytes: number, limit: number): void {
    if (bytes <= limit) return
    this.#ledger.violate('I12', `${this.#name} holds ${bytes} bytes of ${what}, more than ${limit}`)
  }
}

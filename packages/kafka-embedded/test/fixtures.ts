import type {
  ClientContext,
  Clock,
  Logger,
  RebalanceListener,
  RecordBatch,
  TopicPartition,
} from '@goka/interface'
import { ProduceBatch } from '@goka/interface'
import { type EmbeddedBroker, embeddedBroker } from '../src/index.ts'

const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silent,
}

/** A clock that a test moves. */
export class ManualClock implements Clock {
  readonly #timers = new Map<object, { readonly atMs: number; readonly callback: () => void }>()
  #nowMs = 1_000_000

  now(): number {
    return this.#nowMs
  }

  setTimeout(callback: () => void, delayMs: number): object {
    const timer = {}
    this.#timers.set(timer, { atMs: this.#nowMs + delayMs, callback })
    return timer
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as object)
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves time on and fires what is due, in order. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs
    for (;;) {
      const due = [...this.#timers]
        .filter(([, { atMs }]) => atMs <= endMs)
        .sort(([, a], [, b]) => a.atMs - b.atMs)[0]
      if (due === undefined) break
      this.#timers.delete(due[0])
      this.#nowMs = Math.max(this.#nowMs, due[1].atMs)
      due[1].callback()
    }
    this.#nowMs = endMs
  }
}

/** The system's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
}

export function context(clientId: string, more: Partial<ClientContext> = {}): ClientContext {
  return { clientId, log: silent, clock: systemClock, connectTimeoutMs: 5000, ...more }
}

/** A batch for one topic: partition, key, value of each record. */
export function batchOf(
  topic: string,
  records: readonly (readonly [partition: number, key: string | null, value: string | null])[],
): ProduceBatch {
  const batch = new ProduceBatch()
  const index = batch.topicIndex(topic)
  for (const [partition, key, value] of records) {
    batch.add(index, partition, key, value === null ? null : Buffer.from(value), NaN, undefined)
  }
  return batch
}

/** The records of batches as `topic/partition@offset key=value`. */
export function linesOf(batches: readonly RecordBatch[]): readonly string[] {
  return batches.flatMap((batch) =>
    Array.from({ length: batch.length }, (_, index) => {
      const value = batch.value(index)
      const text = value === null ? 'null' : Buffer.from(value).toString()
      return `${batch.topic}/${batch.partition}@${batch.offset(index)} ${batch.key(index)}=${text}`
    }),
  )
}

export function names(partitions: readonly TopicPartition[]): readonly string[] {
  return partitions.map(({ topic, partition }) => `${topic}/${partition}`).sort()
}

/** Runs the event loop until a condition holds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadlineMs = Date.now() + 5000
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error(`waited too long until ${what}`)
    await turn()
  }
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Lets everything happen that is on its way. */
export async function settle(): Promise<void> {
  for (let n = 0; n < 50; n++) await turn()
}

/** A listener that notes what it is told and starts every partition at 0. */
export class NotingListener implements RebalanceListener {
  readonly calls: string[] = []
  readonly held = new Set<string>()
  /** Resumes what was assigned; set by the test. */
  onAssigned: (partitions: readonly TopicPartition[]) => void = () => {}

  async assigned(partitions: readonly TopicPartition[]) {
    this.#note('assigned', partitions)
    for (const name of names(partitions)) this.held.add(name)
    this.onAssigned(partitions)
    return partitions.map((partition) => ({ ...partition, offset: 0 }))
  }

  async revoked(partitions: readonly TopicPartition[]) {
    this.#note('revoked', partitions)
    for (const name of names(partitions)) this.held.delete(name)
  }

  async lost(partitions: readonly TopicPartition[]) {
    this.#note('lost', partitions)
    for (const name of names(partitions)) this.held.delete(name)
  }

  #note(call: string, partitions: readonly TopicPartition[]): void {
    this.calls.push(`${call} ${names(partitions).join(' ')}`)
  }
}

/** A broker that nobody reaches. */
export function unreachableBroker(): EmbeddedBroker {
  const broker = embeddedBroker()
  broker.faults.down()
  return broker
}

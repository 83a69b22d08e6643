import type { Clock, RecordBatch, TopicPartition } from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import { call, delay } from '../client/call.ts'
import type { ClientFault } from '../client-fault.ts'
import type { RecordSource, RecordSourceOptions } from '../record-source.ts'
import { MessageBatches } from './message-batches.ts'

/** Messages of the first pops, until it is known how fast they come. */
const firstSize = 64
const leastSize = 16
/** A pop shall not take longer: it holds a thread of Node's pool, and the records that came first. */
const popBudgetMs = 5
/** Longest wait between two pops that find nothing: half of it is the mean delay of a record that comes when all is idle. */
const idleWaitMs = 4

/**
 * Records by node-rdkafka's own `consume`, one JavaScript object each. It never waits inside librdkafka, where a wait would
 * hold one of the four threads of Node's pool: when nothing is there it waits by a timer.
 */
export class MessageSource implements RecordSource {
  readonly #client: rdkafka.KafkaConsumer
  readonly #clock: Clock
  readonly #options: RecordSourceOptions
  readonly #batches: MessageBatches
  /** Popped and not returned. */
  #ready: RecordBatch[] = []
  #popping: Promise<boolean> | undefined
  #size = firstSize
  #stopped = false
  #wake: (() => void) | undefined

  constructor(client: rdkafka.KafkaConsumer, clock: Clock, options: RecordSourceOptions) {
    this.#client = client
    this.#clock = clock
    this.#options = options
    this.#batches = new MessageBatches(options.maxBytes)
    client.setDefaultConsumeTimeout(0)
    client.on('data', (message) => {
      this.#batches.add(message)
    })
    client.on('partition.eof', (end) => {
      this.#batches.end(end)
    })
  }

  async poll(timeoutMs: number): Promise<readonly RecordBatch[]> {
    const deadline = this.#clock.now() + timeoutMs
    let idleMs = 1
    for (;;) {
      const went = this.#ready.length > 0 || (await this.#pop(this.#size))
      if (this.#stopped) return []
      if (this.#ready.length > 0) {
        const batches = this.#ready
        this.#ready = []
        return batches
      }
      const leftMs = deadline - this.#clock.now()
      if (leftMs <= 0) return []
      await this.#idle(Math.min(idleMs, leftMs))
      if (!went) return []
      idleMs = Math.min(idleMs * 2, idleWaitMs)
    }
  }

  async discard(partitions: readonly TopicPartition[]): Promise<void> {
    this.#batches.skip(partitions)
    this.#ready = this.#ready.filter(
      (batch) =>
        !partitions.some((p) => p.topic === batch.topic && p.partition === batch.partition),
    )
    await this.#popping
    this.#batches.unskip(partitions)
  }

  /** Has callbacks of the client served until `work` is settled, also when nobody polls; few records are popped for it. */
  async serve(work: Promise<unknown>): Promise<void> {
    let settled = false
    const settle = (): void => {
      settled = true
    }
    work.then(settle, settle)
    while (!settled && !this.#stopped) {
      await this.#pop(1)
      await delay(this.#clock, 1)
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake?.()
    await this.#popping
    this.#ready = []
  }

  /** Pops what is there, at most `size` messages; resolves with whether that went well. */
  async #pop(size: number): Promise<boolean> {
    this.#popping ??= this.#consume(size).finally(() => {
      this.#popping = undefined
    })
    return await this.#popping
  }

  async #consume(size: number): Promise<boolean> {
    if (this.#stopped) return false
    const start = performance.now()
    try {
      const messages = await call<rdkafka.Message[]>((done) => {
        this.#client.consume(size, done)
      })
      this.#adapt(messages.length === size, performance.now() - start)
      return true
    } catch (error) {
      this.#options.onFault(error as ClientFault)
      return false
    } finally {
      this.#ready.push(...this.#batches.take())
    }
  }

  #adapt(full: boolean, tookMs: number): void {
    if (tookMs > popBudgetMs) this.#size = Math.max(leastSize, this.#size >> 1)
    else if (full) this.#size = Math.min(this.#options.maxRecords, this.#size << 1)
  }

  async #idle(waitMs: number): Promise<void> {
    if (this.#stopped) return
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimeout(resolve, waitMs)
      this.#wake = () => {
        this.#clock.clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }
}

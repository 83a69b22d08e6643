import {
  type ClientContext,
  GokaError,
  type Headers,
  ProduceBatch,
  type Producer,
  type SendReport,
  type Transport,
} from '@goka/interface'
import { delay } from './backoff.ts'
import { type Deferred, deferred } from './deferred.ts'
import { encodeShared } from './encode-shared.ts'
import type { EmitOptions } from './graph/context.ts'
import type { Stream } from './graph/stream.ts'
import { encodeKey } from './key.ts'
import { checkDuration, checkInteger, checkKnown, invalidOption } from './options.ts'
import type { Partitioner } from './partitioner.ts'

/** What an emitter may set. */
export interface EmitterOptions {
  /** Headers of every record, before its own. */
  readonly headers?: Headers
  /** How long records may be gathered before they are sent, milliseconds. Default 0: those of one turn of the event loop go together. */
  readonly lingerMs?: number
  /** How many bytes may wait for their acknowledgement before `emit` waits itself. Default 32 MiB. */
  readonly maxPendingBytes?: number
}

/** Where an emitted record was written. */
export interface EmittedRecord {
  readonly partition: number
  /** -1 in the rare case that the record is written and the broker does not say where: see `SendReport`. */
  readonly offset: number
}

export interface EmitterParts<T> {
  readonly stream: Stream<T>
  readonly transport: Transport
  readonly partitioner: Partitioner
  readonly context: ClientContext
  readonly options: EmitterOptions
}

/** An emit that waits for its turn. */
interface Waiting {
  readonly add: () => void
  readonly refuse: (error: unknown) => void
}

/** Records in one batch at most: a batch that is full goes out at once. */
const BATCH_RECORDS = 10_000

/** How long a close waits for those who wait for the connection, or for room. */
const CLOSE_WAIT_MS = 10_000

/** Writes to a stream from outside a processor. Connects with the first `emit`. */
export class Emitter<T> {
  readonly #parts: EmitterParts<T>
  readonly #maxPendingBytes: number
  readonly #spare: ProduceBatch[] = []
  #producer: Promise<Producer> | undefined
  #partitions = 0
  #open = new OpenBatch(new ProduceBatch())
  #scheduled = false
  #pendingBytes = 0
  #sending = new Set<Promise<void>>()
  #room: Deferred | undefined
  // Emits that cannot go at once: those of the round under way are admitted one after the other, these come in the next.
  #waiting: Waiting[] = []
  #round: Promise<void> | undefined
  #closed: Promise<void> | undefined
  // No more than what is in the open batch will be sent.
  #ended = false

  /** Made by `Goka.emitter`. */
  constructor(parts: EmitterParts<T>) {
    const { options } = parts
    checkKnown('options', options, ['headers', 'lingerMs', 'maxPendingBytes'])
    checkDuration('lingerMs', options.lingerMs, 0)
    this.#parts = parts
    this.#maxPendingBytes = checkInteger(
      'maxPendingBytes',
      options.maxPendingBytes,
      32 * 1024 * 1024,
      1,
    )
  }

  /** The topic that is written to. */
  get topic(): string {
    return this.#parts.stream.topic
  }

  /**
   * Sends a record; `null` sends a tombstone. Resolves when it is acknowledged by all in-sync replicas. Records of one key
   * are written in the order of the calls.
   * @throws GokaError `GOKA_EMITTER_CLOSED`, `GOKA_TOPIC_UNKNOWN`, `GOKA_TRANSPORT_UNREACHABLE`,
   *   `GOKA_TRANSPORT_RECORD_TOO_LARGE`, `GOKA_TRANSPORT_INDEFINITE`, and what the codec throws
   */
  emit(key: string, value: T | null, options: EmitOptions = {}): Promise<EmittedRecord> {
    return this.#isReady && this.#round === undefined && this.#closed === undefined
      ? this.#add(key, value, options)
      : this.#addInTurn(key, value, options)
  }

  get #isReady(): boolean {
    return !this.#ended && this.#partitions > 0 && this.#pendingBytes <= this.#maxPendingBytes
  }

  // In the order of the calls.
  #addInTurn(key: string, value: T | null, options: EmitOptions): Promise<EmittedRecord> {
    if (this.#closed !== undefined) return Promise.reject(this.#isClosed())
    return new Promise((resolve, reject) => {
      this.#waiting.push({ add: () => resolve(this.#add(key, value, options)), refuse: reject })
      if (this.#round === undefined) void this.#admit()
    })
  }

  async #admit(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      this.#waiting = []
      this.#round = this.#admitRound(waiting)
      await this.#round
    }
    this.#round = undefined
  }

  async #admitRound(waiting: readonly Waiting[]): Promise<void> {
    for (const { add, refuse } of waiting) {
      try {
        if (!this.#isReady) await this.#becomeReady()
        add()
      } catch (error) {
        refuse(error)
      }
    }
  }

  async #becomeReady(): Promise<void> {
    if (this.#ended) throw this.#isClosed()
    await this.#connect()
    while (this.#pendingBytes > this.#maxPendingBytes) {
      this.#room ??= deferred()
      await this.#room.promise
    }
    if (this.#ended) throw this.#isClosed()
  }

  // When all who wait now have been admitted, or refused: in the round under way or in the next.
  async #turn(): Promise<void> {
    await this.#round
    await this.#round
  }

  #add(key: string, value: T | null, options: EmitOptions): Promise<EmittedRecord> {
    try {
      this.#write(key, value, options)
    } catch (error) {
      return Promise.reject(error)
    }
    const emitted = this.#open.emitted()
    if (this.#open.batch.length >= BATCH_RECORDS) this.#send()
    else this.#schedule()
    return emitted
  }

  #write(key: string, value: T | null, options: EmitOptions): void {
    const { stream, partitioner, options: defaults } = this.#parts
    if (typeof key !== 'string') throw invalidOption('key', 'a string', key)
    if (value === undefined) throw invalidOption('value', 'a value, or null', value)
    const bytes = value === null ? null : encodeShared(stream.codec, value)
    const keyBytes = encodeKey(key)
    const headers =
      defaults.headers === undefined
        ? options.headers
        : [...defaults.headers, ...(options.headers ?? [])]
    const { batch } = this.#open
    const before = batch.byteLength
    const partition = partitioner.partition(keyBytes, this.#partitions)
    batch.add(
      batch.topicIndex(stream.topic),
      partition,
      keyBytes,
      bytes,
      options.timestampMs ?? Number.NaN,
      headers,
    )
    this.#pendingBytes += batch.byteLength - before
  }

  /** Resolves when everything that was emitted before is settled. Does not reject: each `emit` tells its own fate. */
  async flush(): Promise<void> {
    await this.#turn()
    if (this.#open.batch.length > 0) this.#send()
    await Promise.all(this.#sending)
  }

  /**
   * Waits for what was emitted, and frees the client. Within a bound, whatever the broker does: what could not be sent
   * until then is rejected with a code, as everybody who emitted it is told. May be called again.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    const overdue = new AbortController()
    // Those who wait for the connection, or for room, may go first.
    await Promise.race([
      this.#turn(),
      delay(this.#parts.context.clock, CLOSE_WAIT_MS, overdue.signal),
    ])
    overdue.abort()
    this.#ended = true
    if (this.#open.batch.length > 0) this.#send()
    const producer = await this.#producer?.catch(() => undefined)
    // It has a bound of its own for what was sent, and settles that.
    await producer?.close()
    this.#room?.resolve()
    await Promise.all(this.#sending)
  }

  #isClosed(): GokaError {
    const { topic } = this
    return new GokaError('GOKA_EMITTER_CLOSED', `the emitter of "${topic}" is closed`, { topic })
  }

  async #connect(): Promise<void> {
    if (this.#partitions > 0) return
    const { transport, context, options, stream } = this.#parts
    this.#producer ??= transport.producer({ lingerMs: options.lingerMs ?? 0 }, context)
    try {
      const producer = await this.#producer
      this.#partitions = await producer.partitions(stream.topic)
    } catch (error) {
      const producer = this.#producer
      this.#producer = undefined
      await producer?.then((made) => made.close()).catch(() => {})
      throw error
    }
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (this.#open.batch.length > 0) this.#send()
    })
  }

  #send(): void {
    const sent = this.#open
    this.#open = new OpenBatch(this.#spare.pop() ?? new ProduceBatch())
    const sending = this.#sendBatch(sent).finally(() => {
      this.#sending.delete(sending)
      this.#pendingBytes -= sent.batch.byteLength
      sent.batch.clear()
      this.#spare.push(sent.batch)
      this.#room?.resolve()
      this.#room = undefined
    })
    this.#sending.add(sending)
  }

  async #sendBatch(open: OpenBatch): Promise<void> {
    try {
      const producer = (await this.#producer) as Producer
      producer.partitions(this.topic).then(
        (partitions) => {
          this.#partitions = partitions
        },
        // The fate of the records is another matter; the next batch asks again.
        () => {},
      )
      await open.settle(await producer.sendEach(open.batch))
    } catch (error) {
      open.reject(error)
    }
  }
}

// The records of one send, and what becomes of them: one promise a record, as there may be a million of them a second. Who
// waits for one promise is called in the order in which they came, so none of them needs a function, or an index, of its own.
class OpenBatch {
  readonly batch: ProduceBatch
  readonly #report = deferred<SendReport>()
  #told = 0
  readonly #tell = ({ offsets, failures }: SendReport): EmittedRecord => {
    const index = this.#told++
    const failure = failures.size === 0 ? undefined : failures.get(index)
    if (failure !== undefined) throw failure
    const offset = offsets[index] as number
    const partition = this.batch.partition(index)
    return { partition, offset: Number.isNaN(offset) ? -1 : offset }
  }

  constructor(batch: ProduceBatch) {
    this.batch = batch
  }

  /** The fate of the record that was added to the batch last. To be asked once for each. */
  emitted(): Promise<EmittedRecord> {
    return this.#report.promise.then(this.#tell)
  }

  /** Resolves when everybody has been told. */
  async settle(report: SendReport): Promise<void> {
    this.#report.resolve(report)
    await this.#report.promise
  }

  reject(error: unknown): void {
    this.#report.reject(error)
  }
}

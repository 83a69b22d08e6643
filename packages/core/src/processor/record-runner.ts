import type { ByteString, GokaError, RecordBatch } from '@goka/interface'
import { delay } from '../backoff.ts'
import type { AnyCallback } from '../graph/edges.ts'
import type { Epoch } from './epoch.ts'
import { decide } from './error-policy.ts'
import type { PreparedBatch } from './prepared-batch.ts'
import { CallbackContext } from './record-context.ts'
import { callbackError, deadLetterHeaders, decodeError, type FailedRecord } from './record-error.ts'
import type { TaskScope } from './task-scope.ts'
import type { TaskStatistics } from './task-statistics.ts'

/** Records between two looks at the clock. */
const CHECK_EVERY = 64

const NO_BYTES = new Uint8Array(0)

type Callback = (context: CallbackContext, message: unknown) => void | Promise<void>

/** A record whose callback is not done by its return: asynchronous, waiting for its key, or to be called again. */
interface Flight {
  readonly item: PreparedBatch
  readonly index: number
  readonly key: ByteString
  readonly epoch: Epoch
  failures: number
}

/**
 * Calls the callbacks of one task: one record after the other, each key in its order. Records of different keys run side by
 * side if the group's callbacks return promises and its `concurrency` allows it.
 */
export class RecordRunner {
  readonly #scope: TaskScope
  readonly #statistics: TaskStatistics
  // Keys with a callback under way, and the records of the key that wait for it.
  readonly #lanes = new Map<ByteString, Flight[]>()
  #context: CallbackContext
  // Whether callbacks have returned promises: then who kept a context must not meet a later call in it.
  #isAsynchronous = false
  // The batch whose records were started last.
  #latest: PreparedBatch | undefined
  #flights = 0
  #waiting = 0
  // Records that wait for their next try, and how to end that.
  readonly #resting = new Map<Flight, AbortController>()
  #stopped = false
  #lastEpoch: Epoch | undefined
  // A record has failed for good: no other is started.
  #failed = false
  // What is under way cannot be committed any more.
  #broken = false

  constructor(scope: TaskScope, statistics: TaskStatistics) {
    this.#scope = scope
    this.#statistics = statistics
    this.#context = new CallbackContext(scope)
  }

  /** Callbacks under way. */
  get inFlight(): number {
    return this.#flights
  }

  /** The epoch of the record that ended the task: later ones have nothing to commit. `undefined` while there is none. */
  get lastEpoch(): Epoch | undefined {
    return this.#lastEpoch
  }

  /** Whether another record may be started. */
  get canStart(): boolean {
    const { concurrency } = this.#scope
    return !this.#failed && this.#flights < concurrency && this.#waiting < concurrency
  }

  /** No record is started any more, and those that wait for their next try are left to the next run. */
  stop(): void {
    this.#stopped = true
    for (const [flight, waiting] of this.#resting) {
      this.#resting.delete(flight)
      this.#close(flight)
      waiting.abort()
    }
  }

  /** The partition is in other hands: records that wait for their key are not started here any more. */
  abandon(): void {
    this.#broken = true
  }

  /** Starts records of a prepared batch until its end, `deadlineMs`, or until none may be started. */
  run(item: PreparedBatch, epoch: Epoch, deadlineMs: number): void {
    const { batch, edge } = item
    const { clock } = this.#scope
    const { codec } = edge
    const callback = this.#wrapped(edge.callback)
    const nil = edge.options.nil ?? 'ignore'
    this.#latest = item
    let checkAt = item.next + CHECK_EVERY
    while (item.next < item.end && this.canStart) {
      // Before each record: a long row of those that fail, wait or have no value is a long row all the same.
      if (item.next >= checkAt) {
        checkAt = item.next + CHECK_EVERY
        if (clock.now() >= deadlineMs || !this.#scope.hasRoom()) return
      }
      const index = item.next++
      if (this.#lanes.size > 0 && this.#lanes.has(item.key(index))) {
        this.#park(item, index, epoch)
        continue
      }
      const bytes = batch.value(index)
      if (bytes === null && nil === 'ignore') continue
      let message: unknown
      try {
        message = bytes === null && nil === 'process' ? undefined : codec.decode(bytes ?? NO_BYTES)
      } catch (error) {
        this.#crash(item, index, epoch, decodeError(recordAt(item, index), error))
        continue
      }
      const context = this.#context
      context.begin(item, index, epoch)
      let result: void | Promise<void>
      try {
        result = callback(context, message)
      } catch (error) {
        context.rollback()
        this.#crash(item, index, epoch, callbackError(recordAt(item, index), error))
        continue
      }
      if (result === undefined || typeof result.then !== 'function') this.#finish(context)
      else this.#follow(this.#takeOff(item, index, epoch), result)
    }
  }

  #wrapped(callback: AnyCallback): Callback {
    const { around } = this.#scope
    const call = callback as unknown as Callback
    if (around === undefined) return call
    return (context, message) => around(context, () => call(context, message))
  }

  #takeOff(item: PreparedBatch, index: number, epoch: Epoch): Flight {
    const key = item.key(index)
    epoch.begin()
    item.running++
    this.#flights++
    this.#lanes.set(key, [])
    return { item, index, key, epoch, failures: 0 }
  }

  #crash(item: PreparedBatch, index: number, epoch: Epoch, error: GokaError): void {
    const flight = this.#takeOff(item, index, epoch)
    if (this.#crashed(flight, error)) this.#landed(flight)
  }

  // The key is busy: the record waits for its turn and the ones behind it go on.
  #park(item: PreparedBatch, index: number, epoch: Epoch): void {
    const key = item.key(index)
    epoch.begin()
    item.running++
    this.#waiting++
    this.#lanes.get(key)?.push({ item, index, key, epoch, failures: 0 })
  }

  #finish(context: CallbackContext): void {
    context.finish()
    if (this.#isAsynchronous) this.#context = new CallbackContext(this.#scope)
  }

  // The callback that has just returned a promise keeps the context; the next record gets another.
  #follow(flight: Flight, result: Promise<void>): void {
    const context = this.#context
    this.#isAsynchronous = true
    this.#context = new CallbackContext(this.#scope)
    context.detach()
    result.then(
      () => {
        context.finish()
        this.#landed(flight)
      },
      (error: unknown) => {
        context.rollback()
        const { item, index } = flight
        if (this.#crashed(flight, callbackError(recordAt(item, index), error))) {
          this.#landed(flight)
        }
      },
    )
  }

  // Calls the callback for a record that waited: for its key, or to be tried again. Returns whether that is over already.
  #launch(flight: Flight): boolean {
    const { item, index, epoch } = flight
    const { batch, edge } = item
    const nil = edge.options.nil ?? 'ignore'
    const bytes = batch.value(index)
    if (bytes === null && nil === 'ignore') return true
    let message: unknown
    try {
      message =
        bytes === null && nil === 'process' ? undefined : edge.codec.decode(bytes ?? NO_BYTES)
    } catch (error) {
      return this.#crashed(flight, decodeError(recordAt(item, index), error))
    }
    const context = this.#context
    context.begin(item, index, epoch)
    let result: void | Promise<void>
    try {
      result = this.#wrapped(edge.callback)(context, message)
    } catch (error) {
      context.rollback()
      return this.#crashed(flight, callbackError(recordAt(item, index), error))
    }
    if (result === undefined || typeof result.then !== 'function') {
      this.#finish(context)
      return true
    }
    this.#follow(flight, result)
    return false
  }

  #landed(flight: Flight): void {
    let landed: Flight | undefined = flight
    // One after the other, not one inside the other: very many may have waited for the key.
    while (landed !== undefined) landed = this.#land(landed)
    this.#scope.wake()
  }

  // Ends a flight and starts the next of its key; returns that one if it is over already.
  #land({ item, key, epoch }: Flight): Flight | undefined {
    this.#flights--
    item.running--
    const next = this.#broken ? undefined : this.#lanes.get(key)?.shift()
    if (next === undefined) {
      this.#lanes.delete(key)
    } else {
      this.#waiting--
      this.#flights++
    }
    epoch.end()
    return next !== undefined && this.#launch(next) ? next : undefined
  }

  // Does what the policy says; returns whether the record is over with that.
  #crashed(flight: Flight, error: GokaError): boolean {
    if (this.#broken) {
      // Its failure is void with all that it did: the record is processed again, by whoever has the partition then.
      this.#close(flight)
      return false
    }
    const { item } = flight
    const { log } = this.#scope
    const policy = item.edge.options.onError ?? this.#scope.onError
    const decision = decide(policy, ++flight.failures)
    this.#statistics.errors++
    switch (decision.kind) {
      case 'skip':
        log.warn({ err: error, ...error.details }, 'the record failed and is skipped')
        this.#statistics.skipped++
        return true
      case 'deadLetter':
        log.warn(
          { err: error, ...error.details, deadLetter: decision.topic },
          'the record failed and is sent to the dead letters',
        )
        this.#statistics.skipped++
        this.#bury(flight, decision.topic, error)
        return true
      case 'retry':
        if (this.#stopped) {
          this.#close(flight)
          return false
        }
        log.warn(
          { err: error, ...error.details, delayMs: decision.delayMs },
          'the record failed and is tried again',
        )
        this.#statistics.retries++
        this.#rest(flight, decision.delayMs)
        return false
      case 'fail':
        this.#failed = true
        this.#close(flight)
        item.done?.reject(error)
        this.#scope.fail(error)
        return false
    }
  }

  // Waits for the next try.
  #rest(flight: Flight, delayMs: number): void {
    const waiting = new AbortController()
    this.#resting.set(flight, waiting)
    void delay(this.#scope.clock, delayMs, waiting.signal).then(() => {
      if (this.#resting.delete(flight) && this.#launch(flight)) this.#landed(flight)
    })
  }

  // The processor ends with this record: what came before it may still be committed.
  #close({ item, index, epoch }: Flight): void {
    item.failedAt = index
    if (item.isVisit) {
      epoch.end()
    } else if (item === this.#latest && item.next === index + 1) {
      this.#lastEpoch = epoch
      epoch.positions.set(item.batch.topic, item.batch.offset(index))
      epoch.end()
    } else {
      // Later records have begun, and what they did cannot be told apart any more.
      this.#broken = true
      epoch.break()
    }
  }

  #bury({ item, index, epoch }: Flight, topic: string, error: GokaError): void {
    const { batch } = item
    const headers = deadLetterHeaders(batch.headers(index), recordAt(item, index), error)
    const timestampMs = batch.timestamp(index)
    this.#scope.write(epoch.outputs, topic, batch.key(index), batch.value(index), {
      headers,
      ...(timestampMs >= 0 && { timestampMs }),
    })
  }
}

function recordAt(item: PreparedBatch, index: number): FailedRecord {
  const batch: RecordBatch = item.batch
  return {
    topic: batch.topic,
    partition: batch.partition,
    offset: batch.offset(index),
    key: item.key(index),
  }
}

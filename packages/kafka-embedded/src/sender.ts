import {
  type GokaError,
  isGokaError,
  type ProduceBatch,
  type SendReport,
  type TopicPartitionOffset,
} from '@goka/interface'
import type { Connection } from './connection.ts'
import { failed, indefinite } from './failures.ts'
import { type Parcel, parcels } from './parcels.ts'
import type { Intake } from './record-intake.ts'

/** Writes a parcel in the broker, for one producer. */
export type Deliver = (parcel: Parcel, nowMs: number, sequence: number) => Intake

/** How long a close waits for records under way. */
const CLOSE_TIMEOUT_MS = 5000

/** The sending half of a producer: sorts batches by partition, numbers what it sends and collects the answers. */
export class Sender {
  readonly #connection: Connection
  readonly #deliver: Deliver
  readonly #underway = new Set<Promise<unknown>>()
  #lastSequence = 0

  constructor(connection: Connection, deliver: Deliver) {
    this.#connection = connection
    this.#deliver = deliver
  }

  /** Whether sends are under way. */
  get isBusy(): boolean {
    return this.#underway.size > 0
  }

  async send(batch: ProduceBatch): Promise<readonly TopicPartitionOffset[]> {
    const outcomes = await this.#dispatch(batch)
    const ends: TopicPartitionOffset[] = []
    let failure: GokaError | undefined
    for (const { parcel, intake, error } of outcomes) {
      failure ??= error ?? intake?.refused.values().next().value
      if (intake === undefined) continue
      const { topic, partition } = parcel
      ends.push({ topic, partition, offset: intake.offset + intake.order.length })
    }
    if (failure !== undefined) throw failure
    return ends
  }

  async sendEach(batch: ProduceBatch): Promise<SendReport> {
    const outcomes = await this.#dispatch(batch)
    const offsets = new Float64Array(batch.length).fill(NaN)
    const failures = new Map<number, GokaError>()
    for (const { parcel, intake, error } of outcomes) {
      if (intake !== undefined) {
        const { order, offset, refused } = intake
        for (let n = 0; n < order.length; n++) offsets[order[n] as number] = offset + n
        for (const [index, failure] of refused) failures.set(index, failure)
      } else if (error !== undefined) {
        for (const index of parcel.order) failures.set(index, error)
      }
    }
    return { offsets, failures }
  }

  /** Resolves when everything that was sent is settled. */
  async settled(): Promise<void> {
    await Promise.all(this.#underway)
  }

  /** Waits for what was sent, at most a bound, and closes the connection. */
  async close(): Promise<void> {
    if (this.isBusy && !this.#connection.isClosed) {
      const { clock } = this.#connection
      await new Promise<void>((resolve) => {
        const timer = clock.setTimeout(resolve, CLOSE_TIMEOUT_MS)
        void this.settled().then(() => {
          clock.clearTimeout(timer)
          resolve()
        })
      })
    }
    this.#connection.close()
  }

  #dispatch(batch: ProduceBatch): Promise<readonly Outcome[]> {
    const nowMs = this.#connection.clock.now()
    const dispatched = Promise.all(parcels(batch).map((parcel) => this.#post(parcel, nowMs)))
    this.#underway.add(dispatched)
    void dispatched.then(() => this.#underway.delete(dispatched))
    return dispatched
  }

  /** Sends a parcel; never rejects. */
  async #post(parcel: Parcel, nowMs: number): Promise<Outcome> {
    const { topic, partition } = parcel
    const sequence = ++this.#lastSequence
    try {
      const intake = await this.#connection.request(
        `${topic}/${partition}`,
        { operation: 'produce', topic, partition },
        () => this.#deliver(parcel, nowMs, sequence),
      )
      return { parcel, intake, error: undefined }
    } catch (error) {
      return { parcel, intake: undefined, error: failure(error) }
    }
  }
}

/** What became of one parcel: one of the two. */
interface Outcome {
  readonly parcel: Parcel
  readonly intake: Intake | undefined
  readonly error: GokaError | undefined
}

function failure(error: unknown): GokaError {
  // Closed while it was under way: it may have been written.
  if (isGokaError(error, 'GOKA_TRANSPORT_CLOSED')) return indefinite('produce')
  return isGokaError(error) ? error : failed('produce', 'BROKER', String(error))
}

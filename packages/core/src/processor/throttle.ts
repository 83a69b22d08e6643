import type { Clock, GroupConsumer } from '@goka/interface'
import { type Deferred, deferred } from '../deferred.ts'
import type { Holding } from './holding.ts'

/** How long polling may wait for room before the partitions that stay behind are paused. */
const WAIT_MS = 250

/**
 * Back-pressure: bounds the records that wait for their callbacks. Fast callbacks only ever make the polling wait a moment;
 * slow ones have their partitions paused, so that polling, and with it the membership, goes on.
 */
export class Throttle {
  readonly #maxBytes: number
  readonly #clock: Clock
  readonly #paused = new Map<Holding, GroupConsumer>()
  // What each partition may have waiting when all together have too much.
  #share = 0
  #room: Deferred | undefined

  constructor(maxBytes: number, clock: Clock) {
    this.#maxBytes = maxBytes
    this.#clock = clock
  }

  /** Records are done: there may be room again. */
  release(): void {
    this.#room?.resolve()
    for (const [holding, consumer] of this.#paused) {
      const { abort, task } = holding
      if (abort.signal.aborted) {
        this.#paused.delete(holding)
      } else if (task !== undefined && task.queuedBytes < this.#share / 2) {
        this.#paused.delete(holding)
        // What makes this fail makes the polling fail, too, and that is told.
        consumer.resume(topicsOf(holding)).catch(() => {})
      }
    }
  }

  /** Resolves when the next poll may be made. */
  async wait(holdings: readonly Holding[], consumer: GroupConsumer): Promise<void> {
    if (queuedBytes(holdings) <= this.#maxBytes) return
    this.#room = deferred()
    const timer = this.#clock.setTimeout(() => this.#room?.resolve(), WAIT_MS)
    await this.#room.promise
    this.#clock.clearTimeout(timer)
    this.#room = undefined
    if (queuedBytes(holdings) <= this.#maxBytes) return
    this.#share = this.#maxBytes / Math.max(1, holdings.length)
    for (const holding of holdings) {
      // It may have gone while this waited; to pause its partition would then stop whoever has it now.
      if (holding.abort.signal.aborted || this.#paused.has(holding)) continue
      if ((holding.task?.queuedBytes ?? 0) <= this.#share) continue
      this.#paused.set(holding, consumer)
      await consumer.pause(topicsOf(holding))
      // The room may have come while the pause was on its way.
      this.release()
    }
  }
}

function queuedBytes(holdings: readonly Holding[]): number {
  let bytes = 0
  for (const { task } of holdings) bytes += task?.queuedBytes ?? 0
  return bytes
}

function topicsOf({
  starts,
  partition,
}: Holding): readonly { readonly topic: string; readonly partition: number }[] {
  return [...starts.keys()].map((topic) => ({ topic, partition }))
}

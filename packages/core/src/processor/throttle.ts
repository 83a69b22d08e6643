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
  #room: Deferred | undefined

  constructor(maxBytes: number, clock: Clock) {
    this.#maxBytes = maxBytes
    this.#clock = clock
  }

  /** Records are done: there may be room again. */
  release(): void {
    this.#room?.resolve()
  }

  /** Resolves when the next poll may be made. */
  async wait(holdings: readonly Holding[], consumer: GroupConsumer): Promise<void> {
    if (queuedBytes(holdings) > this.#maxBytes) {
      this.#room = deferred()
      const timer = this.#clock.setTimeout(() => this.#room?.resolve(), WAIT_MS)
      await this.#room.promise
      this.#clock.clearTimeout(timer)
      this.#room = undefined
    }
    await this.#balance(holdings, consumer)
  }

  async #balance(holdings: readonly Holding[], consumer: GroupConsumer): Promise<void> {
    const share = this.#maxBytes / Math.max(1, holdings.length)
    const over = queuedBytes(holdings) > this.#maxBytes
    for (const holding of holdings) {
      const { task, paused, partition, starts } = holding
      if (task === undefined) continue
      if (!paused && over && task.queuedBytes > share) {
        holding.paused = true
        await consumer.pause(topicsOf(starts, partition))
      } else if (paused && task.queuedBytes < share / 2) {
        holding.paused = false
        await consumer.resume(topicsOf(starts, partition))
      }
    }
  }
}

function queuedBytes(holdings: readonly Holding[]): number {
  let bytes = 0
  for (const { task } of holdings) bytes += task?.queuedBytes ?? 0
  return bytes
}

function topicsOf(
  starts: ReadonlyMap<string, number>,
  partition: number,
): readonly { readonly topic: string; readonly partition: number }[] {
  return [...starts.keys()].map((topic) => ({ topic, partition }))
}

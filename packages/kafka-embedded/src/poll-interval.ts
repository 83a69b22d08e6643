import type { Clock, Timer } from '@goka/interface'

/** Watches that polls keep coming. */
export class PollInterval {
  readonly #clock: Clock
  readonly #maxMs: number
  readonly #exceeded: () => void
  #sinceMs = 0
  #isRunning = false
  #isClosed = false
  #timer: Timer

  constructor(clock: Clock, maxMs: number, exceeded: () => void) {
    this.#clock = clock
    this.#maxMs = maxMs
    this.#exceeded = exceeded
  }

  /** A poll has ended. */
  start(): void {
    if (this.#isClosed) return
    this.#sinceMs = this.#clock.now()
    this.#isRunning = true
    // One timer for many polls: it looks when it fires how long the last one is ago.
    this.#timer ??= this.#clock.setTimeout(this.#look, this.#maxMs)
  }

  /** A poll has begun. */
  stop(): void {
    this.#isRunning = false
  }

  close(): void {
    this.#isClosed = true
    this.#isRunning = false
    this.#clock.clearTimeout(this.#timer)
  }

  readonly #look = (): void => {
    this.#timer = undefined
    if (!this.#isRunning) return
    const leftMs = this.#sinceMs + this.#maxMs - this.#clock.now()
    if (leftMs > 0) this.#timer = this.#clock.setTimeout(this.#look, leftMs)
    else this.#exceeded()
  }
}

import type { Clock } from '@goka/interface'

/** How long to wait before the next try. */
export interface BackoffOptions {
  /** Before the second try, milliseconds; doubled from try to try. Default 100. */
  readonly initialMs?: number
  /** The longest wait, milliseconds. Default 10,000. */
  readonly maxMs?: number
}

/** Waits that double from try to try up to a maximum. */
export class Backoff {
  readonly #initialMs: number
  readonly #maxMs: number
  #tries = 0

  constructor(options: BackoffOptions = {}) {
    this.#initialMs = options.initialMs ?? 100
    this.#maxMs = options.maxMs ?? 10_000
  }

  /** How often `next` was called since the last reset. */
  get tries(): number {
    return this.#tries
  }

  /** The next wait, in milliseconds. */
  next(): number {
    return this.at(++this.#tries)
  }

  /** The wait after so many failures, in milliseconds. */
  at(failures: number): number {
    return Math.min(this.#maxMs, this.#initialMs * 2 ** (failures - 1))
  }

  /** Starts again with the first wait. */
  reset(): void {
    this.#tries = 0
  }
}

/** Resolves after a delay, or at once when the signal is or becomes aborted. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve()
      return
    }
    const done = (): void => {
      clock.clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.setTimeout(done, delayMs)
    signal?.addEventListener('abort', done, { once: true })
  })
}

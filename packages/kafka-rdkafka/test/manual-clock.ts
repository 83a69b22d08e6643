import type { Clock, Timer } from '@goka/interface'

/** A clock that a test moves. */
export class ManualClock implements Clock {
  readonly #timers = new Map<object, { readonly at: number; readonly callback: () => void }>()
  #now = 0

  now(): number {
    return this.#now
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const timer = {}
    this.#timers.set(timer, { at: this.#now + delayMs, callback })
    return timer
  }

  clearTimeout(timer: Timer): void {
    this.#timers.delete(timer as object)
  }

  /** Moves on and calls what is due, in the order of its time. */
  advance(byMs: number): void {
    this.#now += byMs
    const due = [...this.#timers].filter(([, { at }]) => at <= this.#now)
    for (const [timer, { callback }] of due.sort(([, a], [, b]) => a.at - b.at)) {
      if (this.#timers.delete(timer)) callback()
    }
  }
}

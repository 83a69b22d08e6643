import type { Clock } from '@goka/interface'

/** A clock that a test moves. */
export class ManualClock implements Clock {
  readonly #timers = new Map<object, { readonly atMs: number; readonly callback: () => void }>()
  #nowMs = 1_700_000_000_000

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

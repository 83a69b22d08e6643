import type { Clock } from '@goka/interface'

/** A clock that stands still: its timers go off when a test says so. */
export class ManualClock implements Clock {
  #nowMs = 1_000_000
  readonly #timers = new Map<object, { readonly delayMs: number; readonly callback: () => void }>()
  readonly #watchers = new Set<() => void>()

  now(): number {
    return this.#nowMs
  }

  setTimeout(callback: () => void, delayMs: number): object {
    const timer = {}
    this.#timers.set(timer, { callback, delayMs })
    for (const watcher of [...this.#watchers]) watcher()
    return timer
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as object)
  }

  advance(byMs: number): void {
    this.#nowMs += byMs
  }

  /** Waits until there is a timer of this delay, and lets it go off. */
  async fire(delayMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#watchers.delete(look)
        const delays = [...this.#timers.values()].map((each) => each.delayMs)
        reject(new Error(`no timer of ${delayMs} ms, only of ${delays.join(', ')}`))
      }, 40_000)
      const look = (): void => {
        const found = [...this.#timers].find(([, each]) => each.delayMs === delayMs)
        if (found === undefined) return
        clearTimeout(deadline)
        this.#watchers.delete(look)
        this.#timers.delete(found[0])
        // Whoever has set it goes on first.
        queueMicrotask(() => {
          found[1].callback()
          resolve()
        })
      }
      this.#watchers.add(look)
      look()
    })
  }
}

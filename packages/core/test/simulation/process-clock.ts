import type { Clock } from '@goka/interface'
import type { ManualClock } from '../manual-clock.ts'

/** Time as one process sees it: while the process stands still, its timers do too. */
export class ProcessClock implements Clock {
  readonly #world: ManualClock
  readonly #timers = new Map<object, () => void>()
  readonly #overdue: (() => void)[] = []
  #stands = false

  constructor(world: ManualClock) {
    this.#world = world
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#world.now()
  }

  setTimeout(callback: () => void, delayMs: number): object {
    const fire = (): void => {
      if (this.#stands) {
        this.#overdue.push(fire)
      } else if (this.#timers.delete(timer)) {
        callback()
      }
    }
    const timer: object = this.#world.setTimeout(fire, delayMs)
    this.#timers.set(timer, callback)
    return timer
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as object)
    this.#world.clearTimeout(timer)
  }

  stand(): void {
    this.#stands = true
  }

  goOn(): void {
    this.#stands = false
    for (const fire of this.#overdue.splice(0)) fire()
  }
}

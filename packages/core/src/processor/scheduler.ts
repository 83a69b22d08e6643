import type { Clock } from '@goka/interface'
import type { Task } from './task.ts'

/** How long tasks run before the event loop gets a turn. */
const SLICE_MS = 8

/** Lets the tasks of an instance run, in turns, between the turns of the event loop. */
export class Scheduler {
  readonly #clock: Clock
  readonly #mayRun: () => boolean
  readonly #ready = new Set<Task>()
  #scheduled = false
  #running = false
  #stopped = false

  /** @param mayRun - whether there is room for more work */
  constructor(clock: Clock, mayRun: () => boolean) {
    this.#clock = clock
    this.#mayRun = mayRun
  }

  /** The task may have something to do: it runs in one of the next turns. */
  wake(task: Task): void {
    if (this.#stopped) return
    this.#ready.add(task)
    this.#schedule()
  }

  /** There may be room again: what is ready and had to wait runs in one of the next turns. */
  resume(): void {
    if (this.#ready.size > 0) this.#schedule()
  }

  /** Runs what is ready, now, unless that is what called. */
  run(): void {
    if (this.#running || this.#stopped) return
    this.#running = true
    const deadlineMs = this.#clock.now() + SLICE_MS
    for (const task of this.#ready) {
      if (!this.#mayRun()) break
      this.#ready.delete(task)
      if (task.isLost) continue
      try {
        task.run(deadlineMs)
      } catch (error) {
        // Not a callback's: those are caught. A store that cannot be read, for instance.
        task.scope.fail(error)
        continue
      }
      if (task.canRun) this.#ready.add(task)
      if (this.#clock.now() >= deadlineMs) break
    }
    this.#running = false
    if (this.#ready.size > 0 && this.#mayRun()) this.#schedule()
  }

  stop(): void {
    this.#stopped = true
    this.#ready.clear()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.run()
    })
  }
}

/**
 * Decides when the steps of a broker run. Everything that happens in an embedded broker (a request arrives, an answer
 * gets back, a group rebalances, a transaction marker is written) is one step, and every step goes through here.
 *
 * A step never runs before the caller of `schedule` has returned. Steps of one lane run in the order in which they came
 * (a connection keeps order); between lanes the scheduler is free to choose.
 */
export interface Scheduler {
  schedule(lane: string, step: () => void): void
}

/** Runs each step in a turn of the event loop of its own, in the order in which they came. */
export function immediateScheduler(): Scheduler {
  return { schedule: (_lane, step) => void setImmediate(step) }
}

export interface SeededSchedulerOptions {
  /** Two schedulers with the same seed choose alike. An integer; its lowest 32 bits count. */
  readonly seed: number
  /** Called with the lane of each step before it runs: the history of a run. Default: none. */
  readonly onStep?: (lane: string) => void
}

/** A {@link Scheduler} whose order is a function of its seed. */
export interface SeededScheduler extends Scheduler {
  /** How many steps wait. */
  readonly pending: number
  /** Resolves when no step waits, and none has been added by what the last one set off. */
  idle(): Promise<void>
}

/**
 * Runs one step at a time and picks the lane of the next one by the seed. All microtasks between two steps are done
 * before the next is picked, so that a run is repeatable as long as nothing but promises, this scheduler and a
 * controlled clock takes part in it.
 */
export function seededScheduler(options: SeededSchedulerOptions): SeededScheduler {
  return new LanePicker(options)
}

class LanePicker implements SeededScheduler {
  readonly #onStep: ((lane: string) => void) | undefined
  readonly #lanes: Lane[] = []
  readonly #byName = new Map<string, Lane>()
  readonly #idle: (() => void)[] = []
  #state: number
  #running = false
  pending = 0

  constructor({ seed, onStep }: SeededSchedulerOptions) {
    this.#state = seed | 0
    this.#onStep = onStep
  }

  schedule(name: string, step: () => void): void {
    this.pending++
    const lane = this.#byName.get(name)
    if (lane === undefined) {
      const created = { name, steps: [step] }
      this.#byName.set(name, created)
      this.#lanes.push(created)
    } else {
      lane.steps.push(step)
    }
    this.#run()
  }

  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve)
      this.#run()
    })
  }

  #run(): void {
    if (this.#running) return
    this.#running = true
    setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    const index = this.#lanes.length < 2 ? 0 : this.#next() % this.#lanes.length
    const lane = this.#lanes[index]
    if (lane === undefined) {
      this.#running = false
      for (const resolve of this.#idle.splice(0)) resolve()
      return
    }
    setImmediate(this.#turn)
    this.pending--
    const step = lane.steps.shift() as () => void
    if (lane.steps.length === 0) {
      this.#lanes.splice(index, 1)
      this.#byName.delete(lane.name)
    }
    this.#onStep?.(lane.name)
    step()
  }

  /** Mulberry32: a small generator whose 32 bits of state are the seed. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

interface Lane {
  readonly name: string
  readonly steps: (() => void)[]
}

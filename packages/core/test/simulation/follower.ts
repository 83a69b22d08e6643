import type { Disk } from './disk.ts'
import { ProcessClock } from './process-clock.ts'
import type { Simulation } from './simulation.ts'
import { TABLE } from './topics.ts'
import { Watcher } from './watcher.ts'

/** A view of the group's table with a disk, that lives through crashes and restarts and is read all the time. */
export class Follower {
  /** What was read of each key, one after the other, without what was read twice. */
  readonly reads = new Map<string, (string | undefined)[]>()
  readonly #simulation: Simulation
  readonly disk: Disk
  readonly #crashed: { readonly watcher: Watcher; readonly clock: ProcessClock }[] = []
  #clock!: ProcessClock
  #watcher!: Watcher
  #name = ''
  #count = 0

  constructor(simulation: Simulation, disk: Disk) {
    this.#simulation = simulation
    this.disk = disk
    this.#start()
  }

  /** The view, as it is now. */
  get watcher(): Watcher {
    return this.#watcher
  }

  get clientId(): string {
    return `${this.#name}-view-${TABLE}`
  }

  #start(): void {
    const { clock, transport, mutant } = this.#simulation
    const viewTransport = mutant?.viewTransport?.(transport) ?? transport
    this.#name = `follower${this.#count++}`
    this.#clock = new ProcessClock(clock)
    this.#watcher = new Watcher(viewTransport, this.#clock, this.disk.mount(), this.#name)
  }

  /** As SIGKILL, and started again at once. */
  crash(): void {
    const { broker, ledger } = this.#simulation
    ledger.note(`${this.#name} crashes`)
    broker.faults.freeze(this.clientId)
    this.#clock.stand()
    this.disk.crash()
    this.#crashed.push({ watcher: this.#watcher, clock: this.#clock })
    this.#start()
  }

  /** Reads every key. */
  async read(): Promise<void> {
    const { plan } = this.#simulation
    const { view } = this.#watcher
    if (!view.isComplete) return
    const reading = plan.keys.map(async (key) => {
      try {
        return { key, value: await view.get(key) }
      } catch {
        // Not complete any more: the topic is read anew.
        return undefined
      }
    })
    await this.#simulation.settle()
    for (const found of await Promise.all(reading)) {
      if (found === undefined) continue
      const reads = this.reads.get(found.key) ?? []
      this.reads.set(found.key, reads)
      if (reads.length === 0 || reads.at(-1) !== found.value) reads.push(found.value)
    }
  }

  /** Lets what is left of crashed views end, once the broker is closed. */
  async bury(): Promise<void> {
    for (const { clock } of this.#crashed) clock.goOn()
    await Promise.all(
      [...this.#crashed.map(({ watcher }) => watcher), this.#watcher].map(({ view }) =>
        view.stop(),
      ),
    )
  }
}

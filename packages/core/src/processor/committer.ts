import { type Clock, type GroupConsumer, ProduceBatch, type Timer } from '@goka/interface'
import { delay } from '../backoff.ts'
import type { Epoch } from './epoch.ts'
import type { Guarantee } from './guarantee.ts'
import type { Task } from './task.ts'

/** How long a commit waits for callbacks under way before it goes on without their task. */
const DRAIN_MS = 20

/** How long the last commit may take besides the callbacks that it waits for. */
const LAST_COMMIT_MS = 10_000

export interface CommitterOptions {
  readonly guarantee: Guarantee
  readonly consumer: GroupConsumer
  readonly clock: Clock
  readonly intervalMs: number
  /** The group table's topic. */
  readonly tableTopic: string | undefined
  /** The tasks whose partitions this instance holds. */
  readonly tasks: () => Iterable<Task>
  /** A commit failed: its outcome is void or unknown, nothing may be built on it. */
  readonly onFault: (error: unknown) => void
  /** After each commit. */
  readonly onCommitted: (commit: CommitReport) => void
}

/** What a commit did. */
export interface CommitReport {
  readonly durationMs: number
  readonly tasks: number
  readonly records: number
  readonly tableWrites: number
}

/**
 * Commits the epochs of all tasks, one commit after the other: at an interval, when asked, and for those who must be sure
 * (revoke, stop). While a commit runs, tasks go on with their next epochs.
 */
export class Committer {
  readonly #options: CommitterOptions
  readonly #changelog = new ProduceBatch()
  #timer: Timer
  #running: Promise<unknown> | undefined
  #stopped = false
  #requested = false
  // Epochs that a requested commit had to leave out.
  readonly #late = new WeakSet<Epoch>()
  #round = 0

  constructor(options: CommitterOptions) {
    this.#options = options
  }

  /** Starts to commit at the interval. */
  start(): void {
    this.#schedule()
  }

  /** No further commit starts by itself. */
  stop(): void {
    this.#stopped = true
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Commits soon, without waiting for the interval. */
  request(): void {
    if (this.#requested || this.#stopped) return
    this.#requested = true
    if (this.#running === undefined) this.#tick()
  }

  /** Resolves when the commit that is under way, if any, has ended, well or not. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => {})
  }

  /**
   * Commits what these tasks have done so far, waiting up to `drainMs` for their callbacks. Resolves when it is committed;
   * rejects when a commit fails. A task whose callbacks take longer keeps its epoch to itself.
   */
  async flush(tasks: Iterable<Task>, drainMs: number): Promise<void> {
    const { clock } = this.#options
    const flushed = [...tasks]
    const endMs = clock.now() + drainMs
    await this.#running
    // An epoch that was sealed for an earlier commit goes first; what came since goes with the second round.
    await this.#run(flushed, drainMs)
    await this.#run(flushed, endMs - clock.now())
  }

  /**
   * The last commit: as `flush`, but one that the broker does not answer is left alone after a while, and ends with the
   * clients.
   */
  async finish(tasks: Iterable<Task>, drainMs: number): Promise<void> {
    this.stop()
    const answered = new AbortController()
    const flushing = this.flush(tasks, drainMs)
    flushing.catch(() => {})
    try {
      await Promise.race([
        flushing,
        delay(this.#options.clock, drainMs + LAST_COMMIT_MS, answered.signal),
      ])
    } finally {
      answered.abort()
    }
  }

  #schedule(): void {
    if (this.#stopped || this.#timer !== undefined) return
    const { clock, intervalMs } = this.#options
    this.#timer = clock.setTimeout(() => this.#tick(), this.#requested ? 0 : intervalMs)
  }

  #tick(): void {
    const { clock, tasks } = this.#options
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#stopped) return
    const isRequested = this.#requested
    this.#requested = false
    this.#run([...tasks()], DRAIN_MS)
      .then((late) => {
        if (isRequested) for (const epoch of late) this.#requestWhenDrained(epoch)
        return this.#store()
      })
      .then(
        () => this.#schedule(),
        () => {},
      )
  }

  async #store(): Promise<void> {
    const { tasks, onFault } = this.#options
    const round = this.#round++
    try {
      await Promise.all([...tasks()].map((task) => task.store(round)))
    } catch (error) {
      onFault(error)
      throw error
    }
  }

  #requestWhenDrained(epoch: Epoch): void {
    if (this.#late.has(epoch)) return
    this.#late.add(epoch)
    void epoch.whenDrained().then(() => {
      if (!epoch.isBroken) this.request()
    })
  }

  // Resolves with the epochs that were left out.
  async #run(tasks: readonly Task[], drainMs: number): Promise<readonly Epoch[]> {
    while (this.#running !== undefined) await this.#running
    const running = this.#commit(tasks, drainMs)
    this.#running = running
    try {
      return await running
    } catch (error) {
      // Whoever asked for it: what it took from the tasks is gone with it.
      this.#options.onFault(error)
      throw error
    } finally {
      this.#running = undefined
    }
  }

  async #commit(tasks: readonly Task[], drainMs: number): Promise<readonly Epoch[]> {
    const { clock, consumer, guarantee, tableTopic, onCommitted } = this.#options
    const startMs = clock.now()
    const sealed: { task: Task; epoch: Epoch }[] = []
    for (const task of tasks) {
      const epoch = task.seal()
      if (epoch !== undefined) sealed.push({ task, epoch })
    }
    const open = sealed.filter(({ epoch }) => !epoch.isDrained)
    if (open.length > 0 && drainMs > 0) {
      const enough = new AbortController()
      await Promise.race([
        Promise.all(open.map(({ epoch }) => epoch.whenDrained())),
        delay(clock, drainMs, enough.signal),
      ])
      enough.abort()
    }
    const ready = sealed.filter(({ task, epoch }) => epoch.isDrained && !task.isLost)
    const late = open.flatMap(({ epoch }) => (epoch.isDrained ? [] : [epoch]))
    if (ready.length === 0) return late
    const changelog = this.#changelog
    changelog.clear()
    const captured = ready.map(({ task, epoch }) => task.capture(epoch, changelog))
    const records = ready.reduce((sum, { epoch }) => sum + epoch.records, 0)
    const tableWrites = changelog.length
    const positions = await guarantee.commit(consumer, captured, changelog)
    for (const one of captured) {
      const { partition } = one.task
      const written = positions.find(
        (position) => position.topic === tableTopic && position.partition === partition,
      )
      one.task.committed(one, written?.offset)
    }
    onCommitted({
      durationMs: clock.now() - startMs,
      tasks: captured.length,
      records,
      tableWrites,
    })
    return late
  }
}

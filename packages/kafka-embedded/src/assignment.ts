import type { RebalanceListener, TopicPartition } from '@goka/interface'
import type { Connection } from './connection.ts'
import { failed } from './failures.ts'
import type { Fetcher } from './fetcher.ts'
import { partitionKey } from './partition-key.ts'
import type { Topics } from './topics.ts'

/** The partitions of a member, and the calls of its listener: one at a time, in the order of the group's decisions. */
export class Assignment {
  readonly #listener: RebalanceListener
  readonly #fetcher: Fetcher
  readonly #connection: Connection
  readonly #topics: Topics
  readonly #held = new Map<string, Holding>()
  readonly #steps: Step[] = []
  #isRunning = false
  #isClosed = false

  constructor(
    listener: RebalanceListener,
    fetcher: Fetcher,
    connection: Connection,
    topics: Topics,
  ) {
    this.#listener = listener
    this.#fetcher = fetcher
    this.#connection = connection
    this.#topics = topics
  }

  assign(partitions: readonly TopicPartition[]): void {
    this.#push({ kind: 'assign', partitions })
  }

  /** @param handOver - called when the listener has let go */
  revoke(partitions: readonly TopicPartition[], handOver: () => void): void {
    this.#push({ kind: 'revoke', partitions, handOver })
  }

  /**
   * Everything is another member's already; what was not told yet is void.
   * @param then - called when the listener knows
   */
  lose(then: () => void): void {
    this.#steps.length = 0
    this.#push({ kind: 'lose', then })
  }

  resume(partition: TopicPartition, offset: number | undefined): void {
    const holding = this.#held.get(partitionKey(partition))
    if (holding === undefined) return
    holding.isPaused = false
    if (holding.isStarted) this.#fetcher.resume(partition, offset)
    else holding.offset = offset
  }

  pause(partition: TopicPartition): void {
    const holding = this.#held.get(partitionKey(partition))
    if (holding === undefined) return
    holding.isPaused = true
    this.#fetcher.pause(partition)
  }

  /** Calls the listener no more. */
  close(): void {
    this.#isClosed = true
    this.#steps.length = 0
    this.#held.clear()
  }

  #push(step: Step): void {
    if (this.#isClosed) return
    this.#steps.push(step)
    if (!this.#isRunning) void this.#run()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    for (let step = this.#steps.shift(); step !== undefined; step = this.#steps.shift()) {
      try {
        await this.#take(step)
      } catch (error) {
        this.#fetcher.fail(error)
      }
    }
    this.#isRunning = false
  }

  async #take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'assign':
        return this.#assigned(step.partitions)
      case 'revoke':
        return this.#revoked(step.partitions, step.handOver)
      case 'lose':
        return this.#lost(step.then)
    }
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    for (const partition of partitions) {
      const holding = { partition, isStarted: false, isPaused: true, offset: undefined }
      this.#held.set(partitionKey(partition), holding)
    }
    const starts = new Map<string, number>()
    for (const start of await this.#listener.assigned(partitions)) {
      starts.set(partitionKey(start), start.offset)
    }
    for (const partition of partitions) this.#start(partition, starts)
  }

  #start(partition: TopicPartition, starts: ReadonlyMap<string, number>): void {
    const key = partitionKey(partition)
    const holding = this.#held.get(key)
    if (holding === undefined) return
    const offset = holding.offset ?? starts.get(key)
    if (offset === undefined) {
      const message = `the listener did not say where to start partition ${key}: answer an offset for each`
      throw failed('assigned', 'NO_OFFSET', message)
    }
    holding.isStarted = true
    this.#fetcher.start(this.#topics.log(partition), offset, holding.isPaused)
  }

  async #revoked(partitions: readonly TopicPartition[], handOver: () => void): Promise<void> {
    await this.#letGo(partitions)
    if (this.#isClosed) return
    try {
      await this.#listener.revoked(partitions)
    } finally {
      if (!this.#isClosed) handOver()
    }
  }

  async #lost(then: () => void): Promise<void> {
    const partitions = [...this.#held.values()].map(({ partition }) => partition)
    await this.#letGo(partitions)
    if (this.#isClosed) return
    try {
      if (partitions.length > 0) await this.#listener.lost(partitions)
    } finally {
      then()
    }
  }

  /** Reads no more of partitions, and lets pass what a poll had read of them. */
  async #letGo(partitions: readonly TopicPartition[]): Promise<void> {
    for (const partition of partitions) {
      this.#fetcher.stop(partition)
      this.#held.delete(partitionKey(partition))
    }
    await this.#connection.caughtUp().catch(() => {})
  }
}

type Step =
  | { readonly kind: 'assign'; readonly partitions: readonly TopicPartition[] }
  | {
      readonly kind: 'revoke'
      readonly partitions: readonly TopicPartition[]
      readonly handOver: () => void
    }
  | { readonly kind: 'lose'; readonly then: () => void }

interface Holding {
  readonly partition: TopicPartition
  /** Whether the listener has said where to start. */
  isStarted: boolean
  isPaused: boolean
  /** Where to start after all, when `resume` said so before the listener did. */
  offset: number | undefined
}

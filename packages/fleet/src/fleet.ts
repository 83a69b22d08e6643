import { GokaError } from '@goka/interface'
import { FleetMember, type MemberState } from './fleet-member.ts'
import { type FleetOptions, type FleetSettings, fleetSettings } from './fleet-options.ts'
import { type FleetReport, type FleetState, fleetReport } from './fleet-report.ts'

/** How long members have to answer when they are asked for a report. */
const REPORT_TIMEOUT_MS = 5_000

/** Processes of one program on one machine: instances of a group, one a core, started, kept running and stopped together. */
export class Fleet {
  readonly #settings: FleetSettings
  readonly #members: readonly FleetMember[]
  readonly #listeners = new Set<() => void>()
  #state: FleetState = 'idle'
  #sinceMs: number
  #run: Promise<void> | undefined

  /** @throws GokaError `GOKA_OPTION_INVALID` */
  constructor(options: FleetOptions) {
    const settings = fleetSettings(options)
    this.#settings = settings
    this.#sinceMs = settings.clock.now()
    const changed = (): void => this.#changed()
    this.#members = Array.from(
      { length: settings.processes },
      (_, index) => new FleetMember(index, settings, changed),
    )
  }

  /** Where the fleet is in its life. */
  get state(): FleetState {
    return this.#state
  }

  /** Where its members are in theirs, by index. */
  get memberStates(): readonly MemberState[] {
    return this.#members.map(({ state }) => state)
  }

  /** Calls `listener` after each change of `state` or `memberStates` until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /**
   * Starts the members and keeps them running until `stop` is called or `signal` is aborted; resolves when all have ended.
   * Stops them all and rejects when one cannot be kept running.
   * @throws GokaError `GOKA_RUN_TWICE`, `FLEET_MEMBER_FAILED`
   */
  run(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#run !== undefined) {
      return Promise.reject(
        new GokaError('GOKA_RUN_TWICE', 'the fleet has been run before: make another one', {
          name: this.#settings.program,
        }),
      )
    }
    const { signal } = options
    if (signal?.aborted === true) {
      this.#run = Promise.resolve()
      this.#set('stopped')
      return this.#run
    }
    const stop = (): void => this.#stopMembers()
    signal?.addEventListener('abort', stop, { once: true })
    this.#run = this.#supervise().finally(() => signal?.removeEventListener('abort', stop))
    return this.#run
  }

  /** Ends `run`: asks all members to stop, and kills those that take longer than `stopTimeoutMs`. Resolves when all have ended. */
  async stop(): Promise<void> {
    if (this.#run === undefined) {
      this.#run = Promise.resolve()
      this.#set('stopped')
    }
    this.#stopMembers()
    await this.#run.catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Asks all members what they are doing. One that does not answer within 5 seconds is there without its processor. */
  async report(): Promise<FleetReport> {
    const members = await Promise.all(this.#members.map((each) => each.report(REPORT_TIMEOUT_MS)))
    return fleetReport(this.#state, this.#sinceMs, members)
  }

  async #supervise(): Promise<void> {
    // While all members wait for their next start nothing else may keep the process alive.
    const alive = setInterval(() => {}, 2 ** 30)
    try {
      this.#set('running')
      const runs = this.#members.map(async (member) => {
        try {
          await member.run()
        } catch (error) {
          this.#settings.log.error(
            { err: error },
            'the fleet stops: a member cannot be kept running',
          )
          this.#stopMembers()
          throw error
        }
      })
      const ends = await Promise.allSettled(runs)
      const failed = ends.find((end) => end.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    } finally {
      clearInterval(alive)
      this.#set('stopped')
    }
  }

  #stopMembers(): void {
    if (this.#state !== 'running') return
    this.#set('stopping')
    for (const member of this.#members) member.stop()
  }

  #set(state: FleetState): void {
    this.#state = state
    this.#sinceMs = this.#settings.clock.now()
    this.#changed()
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener()
      } catch {
        // A watcher must not stop what it watches.
      }
    }
  }
}

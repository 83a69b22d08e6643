import type { ProcessorReport } from '@goka/core'
import { GokaError, type Logger } from '@goka/interface'
import type {} from './errors.ts'
import type { FleetSettings } from './fleet-options.ts'
import { MemberProcess, type ProcessEnd } from './member-process.ts'

/**
 * `idle` -> `starting` (until its processor is running, and while that starts again) -> `running` -> `stopping` ->
 * `stopped`; `waiting` between its unexpected end and its next start.
 */
export type MemberState = 'idle' | 'starting' | 'running' | 'waiting' | 'stopping' | 'stopped'

/** What one member is doing. */
export interface MemberReport {
  readonly index: number
  readonly state: MemberState
  /** When the state was entered, milliseconds since the epoch. */
  readonly sinceMs: number
  /** `undefined` while there is no process. */
  readonly pid: number | undefined
  /** How often its process was started again, in all. */
  readonly restarts: number
  /** Memory of the process; 0 when it did not answer. */
  readonly rssBytes: number
  /** Processor time of the process, milliseconds; 0 when it did not answer. */
  readonly cpuMs: number
  /** What its processor reports; `undefined` when there is none, or when it did not answer in time. */
  readonly processor: ProcessorReport | undefined
}

/** One of the fleet: a process, and the next one when it ends by itself. */
export class FleetMember {
  readonly #index: number
  readonly #settings: FleetSettings
  readonly #log: Logger
  readonly #onChange: () => void
  readonly #stop = new AbortController()
  #state: MemberState = 'idle'
  #sinceMs: number
  #process: MemberProcess | undefined
  #restarts = 0
  // Ends by itself, in a row.
  #ends = 0
  #runningSinceMs = 0

  constructor(index: number, settings: FleetSettings, onChange: () => void) {
    this.#index = index
    this.#settings = settings
    this.#log = settings.log.child({ member: index })
    this.#onChange = onChange
    this.#sinceMs = settings.clock.now()
  }

  get state(): MemberState {
    return this.#state
  }

  /** Keeps a process running until `stop` is called. @throws GokaError `FLEET_MEMBER_FAILED` */
  async run(): Promise<void> {
    const { signal } = this.#stop
    const { restart } = this.#settings
    try {
      while (!signal.aborted) {
        const end = await this.#live()
        if (signal.aborted) return
        this.#ends++
        if (this.#ends > restart.limit) throw this.#failed(end)
        this.#restarts++
        const delayMs = Math.min(restart.maxMs, restart.initialMs * 2 ** (this.#ends - 1))
        const { exitCode, signal: killedBy } = end
        this.#log.warn(
          { exitCode, signal: killedBy, delayMs },
          'the member has ended by itself and is started again',
        )
        this.#set('waiting')
        await this.#wait(delayMs)
      }
    } finally {
      this.#set('stopped')
    }
  }

  /** Ends `run`, after what the process has under way. */
  stop(): void {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    if (this.#process === undefined) return
    this.#set('stopping')
    this.#process.stop()
  }

  /** What the member is doing; its process has so long to answer. */
  async report(timeoutMs: number): Promise<MemberReport> {
    const report = await this.#process?.report(timeoutMs)
    return {
      index: this.#index,
      state: this.#state,
      sinceMs: this.#sinceMs,
      pid: this.#process?.pid,
      restarts: this.#restarts,
      rssBytes: report?.rssBytes ?? 0,
      cpuMs: report?.cpuMs ?? 0,
      processor: report?.processor,
    }
  }

  async #live(): Promise<ProcessEnd> {
    const { clock, restart } = this.#settings
    this.#set('starting')
    const { signal } = this.#stop
    this.#process = new MemberProcess(this.#index, this.#settings, this.#log, (state) => {
      if (signal.aborted) return
      if (state === 'running') this.#runningSinceMs = clock.now()
      if (state === 'running' || state === 'starting') this.#set(state)
      if (state === 'restarting') this.#set('starting')
    })
    this.#log.info({ pid: this.#process.pid }, 'the member was started')
    // A watcher that was told of the start may have stopped it before there was a process.
    if (signal.aborted) this.#process.stop()
    const end = await this.#process.ended
    if (this.#state === 'running' && clock.now() - this.#runningSinceMs >= restart.maxMs) {
      this.#ends = 0
    }
    this.#process = undefined
    return end
  }

  async #wait(delayMs: number): Promise<void> {
    const { clock } = this.#settings
    const { signal } = this.#stop
    if (signal.aborted) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clock.clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = clock.setTimeout(done, delayMs)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  #set(state: MemberState): void {
    if (state === this.#state) return
    this.#state = state
    this.#sinceMs = this.#settings.clock.now()
    this.#onChange()
  }

  #failed({ exitCode, signal, output, error }: ProcessEnd): GokaError<'FLEET_MEMBER_FAILED'> {
    const member = this.#index
    const restarts = this.#ends - 1
    const how = signal === null ? `exit code ${exitCode}` : signal
    return new GokaError(
      'FLEET_MEMBER_FAILED',
      `member ${member} of the fleet has ended with ${how} after ${restarts} restarts in a row, ` +
        `which is what restart.limit allows: mend what it says last (${saidLast(error, output)})`,
      { member, exitCode, signal, restarts, output },
      error === undefined ? {} : { cause: error },
    )
  }
}

/** The message of its error where it has told one, the end of its standard error otherwise. */
function saidLast(error: ProcessEnd['error'], output: string): string {
  if (typeof error?.['message'] === 'string') return error['message']
  return output === '' ? 'nothing' : output
}

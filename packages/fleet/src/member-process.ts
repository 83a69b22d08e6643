import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ProcessorReport, ProcessorState } from '@goka/core'
import type { Clock, Logger, Timer } from '@goka/interface'
import type { FleetSettings } from './fleet-options.ts'
import {
  type FromMember,
  isOurs,
  MEMBERSHIP_VARIABLE,
  type Membership,
  type ToMember,
} from './messages.ts'

/** How a process has ended. */
export interface ProcessEnd {
  readonly exitCode: number | null
  readonly signal: string | null
  /** The last lines of its standard error, or why it could not be started. */
  readonly output: string
  /** What its program was rejected with, as plain facts; `undefined` when it did not say. */
  readonly error: Readonly<Record<string, unknown>> | undefined
}

/** What a process says of itself when it is asked. */
export interface ProcessReport {
  readonly processor: ProcessorReport | undefined
  readonly rssBytes: number
  readonly cpuMs: number
}

/** How many lines of standard error are kept for the error. */
const OUTPUT_LINES = 20

/** How long the output of a process that has ended is waited for: whoever inherited it may keep it open. */
const OUTPUT_TIMEOUT_MS = 1_000

/** One life of a member: a child process from its start to its end. */
export class MemberProcess {
  /** Resolves when the process is gone and what it printed was read. Never rejects. */
  readonly ended: Promise<ProcessEnd>
  readonly #settings: FleetSettings
  readonly #log: Logger
  readonly #child: ChildProcess
  readonly #onState: (state: ProcessorState) => void
  readonly #output: string[] = []
  readonly #askers: ((report: ProcessReport | undefined) => void)[] = []
  #timers: Timer[] = []
  #error: ProcessEnd['error']
  #isListening = false
  #isStopping = false
  #isGone = false

  /** Starts the process; `onState` is told the states of its processor. */
  constructor(
    index: number,
    settings: FleetSettings,
    log: Logger,
    onState: (state: ProcessorState) => void,
  ) {
    const { program, args, execArgv, env, processes, stopTimeoutMs } = settings
    this.#settings = settings
    this.#log = log
    this.#onState = onState
    const membership: Membership = { index, processes, stopTimeoutMs }
    this.#child = fork(program, args, {
      execArgv: [...execArgv],
      env: { ...process.env, ...env, [MEMBERSHIP_VARIABLE]: JSON.stringify(membership) },
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child.on('message', (message) => this.#hear(message))
    this.#read(this.#child.stdout, (line) => log.info({ stream: 'stdout' }, line))
    this.#read(this.#child.stderr, (line) => {
      this.#output.push(line)
      if (this.#output.length > OUTPUT_LINES) this.#output.shift()
      log.error({ stream: 'stderr' }, line)
    })
    this.ended = this.#end()
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Asks the process to stop, reminds it, and kills it when it takes too long. */
  stop(): void {
    if (this.#isStopping || this.#isGone) return
    this.#isStopping = true
    const { stopTimeoutMs } = this.#settings
    // One that does not listen yet has nothing to finish.
    if (this.#isListening) this.#tell({ goka: 'stop' })
    else this.#child.kill('SIGTERM')
    this.#after(stopTimeoutMs / 2, () => this.#child.kill('SIGTERM'))
    this.#after(stopTimeoutMs, () => {
      this.#log.warn({ stopTimeoutMs }, 'the member takes too long to stop and is killed')
      this.#child.kill('SIGKILL')
    })
  }

  /** What the process says of itself; `undefined` when it does not answer in time. */
  async report(timeoutMs: number): Promise<ProcessReport | undefined> {
    if (!this.#isListening || this.#isGone) return undefined
    const { clock } = this.#settings
    return await new Promise((resolve) => {
      const timer = clock.setTimeout(() => {
        this.#askers.splice(this.#askers.indexOf(answer), 1)
        resolve(undefined)
      }, timeoutMs)
      const answer = (report: ProcessReport | undefined): void => {
        clock.clearTimeout(timer)
        resolve(report)
      }
      this.#askers.push(answer)
      this.#tell({ goka: 'report' })
    })
  }

  async #end(): Promise<ProcessEnd> {
    const child = this.#child
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
    const end = await new Promise<Omit<ProcessEnd, 'error'>>((resolve) => {
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal, output: '' }))
      child.on('error', (error) => {
        // A process that runs reports faults of messages and signals here: they concern those who wait for an answer.
        if (child.pid === undefined) {
          resolve({ exitCode: null, signal: null, output: error.message })
        }
      })
    })
    this.#isGone = true
    for (const timer of this.#timers) this.#settings.clock.clearTimeout(timer)
    if (child.pid !== undefined) await withinTime(closed, this.#settings.clock)
    for (const answer of this.#askers.splice(0)) answer(undefined)
    const output = [...this.#output, end.output].filter(Boolean).join('\n')
    return { ...end, output, error: this.#error }
  }

  #hear(message: unknown): void {
    if (!isOurs(message)) return
    const heard = message as FromMember
    switch (heard.goka) {
      case 'hello':
        this.#isListening = true
        break
      case 'state':
        this.#onState(heard.state)
        break
      case 'failed':
        this.#error = heard.error
        break
      case 'log':
        this.#log[heard.level](heard.facts, heard.message)
        break
      case 'report':
        this.#askers.shift()?.(heard)
        break
    }
  }

  #tell(message: ToMember): void {
    // One that has just ended does not hear it, and whoever waits learns that from its end.
    if (this.#child.connected) this.#child.send(message, () => {})
  }

  #after(delayMs: number, callback: () => void): void {
    this.#timers.push(this.#settings.clock.setTimeout(callback, delayMs))
  }

  #read(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
    if (stream !== null) createInterface({ input: stream }).on('line', onLine)
  }
}

async function withinTime(closed: Promise<void>, clock: Clock): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.setTimeout(resolve, OUTPUT_TIMEOUT_MS)
    void closed.then(() => {
      clock.clearTimeout(timer)
      resolve()
    })
  })
}

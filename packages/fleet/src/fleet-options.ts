import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { BackoffOptions } from '@goka/core'
import { type Clock, GokaError, type Logger, silentLogger, systemClock } from '@goka/interface'

/** How members that end by themselves are started again. */
export interface FleetRestartOptions extends BackoffOptions {
  /**
   * How often in a row one member is started again before `run` rejects. A row ends when its processor has been running for
   * `maxMs`. Default 10: about a minute.
   */
  readonly limit?: number
}

/** What a fleet may set. */
export interface FleetOptions {
  /** The program of each member, which calls `runMember` of `@goka/fleet/member`: `new URL('./processor.js', import.meta.url)`, or a path. */
  readonly program: string | URL
  /** How many processes. Default: `os.availableParallelism()`. */
  readonly processes?: number
  /** Arguments of the program. Default: none. */
  readonly args?: readonly string[]
  /** Arguments of Node, before the program. Default: those of this process. */
  readonly execArgv?: readonly string[]
  /** Added to the environment of this process. Default: nothing. */
  readonly env?: Readonly<Record<string, string>>
  /** How members that end by themselves are started again. */
  readonly restart?: FleetRestartOptions
  /**
   * How long a member may take to stop, milliseconds, before it is killed; it is reminded by SIGTERM after half of it. Longer
   * than the `drainTimeoutMs` of its processor. Default 30,000.
   */
  readonly stopTimeoutMs?: number
  /** Where to log to, lines of members included: a pino logger fits. Default: nowhere. */
  readonly log?: Logger
  /** Time and timers, for tests. Default: the machine's. */
  readonly clock?: Clock
}

/** {@link FleetOptions} with the defaults. */
export interface FleetSettings {
  readonly program: string
  readonly processes: number
  readonly args: readonly string[]
  readonly execArgv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly restart: Required<FleetRestartOptions>
  readonly stopTimeoutMs: number
  readonly log: Logger
  readonly clock: Clock
}

const KNOWN = [
  'program',
  'processes',
  'args',
  'execArgv',
  'env',
  'restart',
  'stopTimeoutMs',
  'log',
  'clock',
]

/** Checks options and fills in the defaults. */
export function fleetSettings(options: FleetOptions): FleetSettings {
  checkKnown('options', options, KNOWN)
  const { restart = {}, env = {}, log = silentLogger, clock = systemClock } = options
  checkKnown('restart', restart, ['initialMs', 'maxMs', 'limit'])
  checkObject('env', env)
  checkMethods('log', log, ['debug', 'info', 'warn', 'error', 'child'])
  checkMethods('clock', clock, ['now', 'setTimeout', 'clearTimeout'])
  return {
    program: programPath(options.program),
    processes: checkInteger('processes', options.processes, availableParallelism(), 1),
    args: checkTexts('args', options.args, []),
    execArgv: checkTexts('execArgv', options.execArgv, process.execArgv),
    env,
    restart: {
      initialMs: checkDuration('restart.initialMs', restart.initialMs, 100),
      maxMs: checkDuration('restart.maxMs', restart.maxMs, 10_000),
      limit: checkInteger('restart.limit', restart.limit, 10, 0),
    },
    stopTimeoutMs: checkDuration('stopTimeoutMs', options.stopTimeoutMs, 30_000),
    log,
    clock,
  }
}

function programPath(program: string | URL): string {
  const isFile = program instanceof URL && program.protocol === 'file:'
  if (isFile) return fileURLToPath(program)
  if (typeof program === 'string' && program !== '') return program
  throw invalidOption('program', 'a path or a file: URL of a program', program)
}

function checkKnown(name: string, options: object, known: readonly string[]): void {
  checkObject(name, options)
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw invalidOption(`${name}.${key}`, `one of ${known.join(', ')}`, key)
    }
  }
}

function checkObject(option: string, value: object): void {
  if (typeof value !== 'object' || value === null) throw invalidOption(option, 'an object', value)
}

function checkMethods(option: string, value: object, methods: readonly string[]): void {
  const missing = methods.find(
    (name) => typeof (value as Record<string, unknown> | null)?.[name] !== 'function',
  )
  if (missing !== undefined) {
    throw invalidOption(option, `an object with ${methods.join(', ')}`, value)
  }
}

function checkInteger(
  option: string,
  value: number | undefined,
  fallback: number,
  min: number,
): number {
  if (value === undefined) return fallback
  if (Number.isSafeInteger(value) && value >= min) return value
  throw invalidOption(option, `a whole number of at least ${min}`, value)
}

function checkDuration(option: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback
  if (typeof value === 'number' && value >= 1) return value
  throw invalidOption(option, 'a number of milliseconds of at least 1', value)
}

function checkTexts(
  option: string,
  value: readonly string[] | undefined,
  fallback: readonly string[],
): readonly string[] {
  if (value === undefined) return fallback
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value
  throw invalidOption(option, 'a list of texts', value)
}

function invalidOption(option: string, expected: string, received: unknown): GokaError {
  const shown =
    typeof received === 'string' ? JSON.stringify(received.slice(0, 80)) : shownValue(received)
  return new GokaError(
    'GOKA_OPTION_INVALID',
    `option "${option}" must be ${expected}, received ${shown}`,
    { option, expected, received: shown },
  )
}

function shownValue(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return `${value}`
  return typeof value
}

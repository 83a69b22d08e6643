import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { GokaError } from '@goka/interface'
import type {} from './errors.ts'
import { type Usage, usageOf } from './process-usage.ts'

/** How a program is started. */
export interface Command {
  readonly file: string
  readonly args: readonly string[]
  /** Processes that work for it and whose use counts as its own: a Redis. */
  readonly companions?: readonly number[]
}

/** Something that a program has said. */
export interface Said {
  readonly event: string
  /** When it was heard, on the clock of `performance.now`. */
  readonly atMs: number
  readonly fields: Readonly<Record<string, string>>
}

/** What a line of a program begins with that is for us. Everything else is its log. */
const PREFIX = 'bench: '
const KEPT_LINES = 40

/**
 * The programs of one run, each a process of its own: what they say on standard output (`bench: end partition=2`), and the
 * way to tell them something on standard input. They end when this process does, as their standard input does.
 */
export class Programs implements AsyncDisposable {
  readonly #members: Member[]
  readonly #said: Said[] = []
  readonly #watchers = new Set<() => void>()
  readonly #companions: readonly number[]
  readonly #companionsBefore: Usage | undefined
  #usage: Usage | undefined
  #ending = false

  constructor(commands: readonly Command[]) {
    this.#members = commands.map((command) => this.#start(command))
    this.#companions = commands.flatMap(({ companions = [] }) => companions)
    this.#companionsBefore = usageOf(this.#companions)
    process.on('exit', this.#kill)
  }

  /** Waits for every program to say this. */
  async all(event: string, withinMs?: number): Promise<readonly Said[]> {
    return await this.until(
      (said) => {
        const found = said.filter((each) => each.event === event)
        return found.length >= this.#members.length ? found : undefined
      },
      `"${event}"`,
      withinMs,
    )
  }

  /** Waits for the first program to say this. */
  async first(event: string, withinMs?: number): Promise<Said> {
    return await this.until(
      (said) => said.find((each) => each.event === event),
      `"${event}"`,
      withinMs,
    )
  }

  /**
   * Waits until `found` makes something of what was said so far.
   * @throws GokaError `BENCH_PROGRAM_FAILED` when a program ends before or it takes too long
   */
  async until<T>(
    found: (said: readonly Said[]) => T | undefined,
    what: string,
    withinMs = 900_000,
  ): Promise<T> {
    return await new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer)
        this.#watchers.delete(look)
        finish()
      }
      const look = (): void => {
        const made = found(this.#said)
        const gone = this.#members.find(({ exit }) => exit !== undefined)
        if (made !== undefined) settle(() => resolve(made))
        else if (gone !== undefined && !this.#ending) {
          settle(() => reject(failed(gone, `ended with ${gone.exit ?? ''} before ${what}`)))
        }
      }
      const timer = setTimeout(() => {
        const [member] = this.#members
        settle(() => reject(failed(member, `took longer than ${withinMs} ms for ${what}`)))
      }, withinMs)
      this.#watchers.add(look)
      look()
    })
  }

  /** Writes a line to the standard input of each. */
  tell(line: string): void {
    for (const { child } of this.#members) child.stdin?.write(`${line}\n`)
  }

  /** Ends them at once, as a crash does; resolves when they are gone. */
  async crash(): Promise<void> {
    this.#ending = true
    this.#kill()
    await Promise.all(this.#members.map(({ ended }) => ended))
  }

  /** Tells them to stop; resolves when all have ended by themselves and well. */
  async stop(withinMs = 120_000): Promise<void> {
    this.#ending = true
    this.tell('stop')
    const deadline = setTimeout(this.#kill, withinMs)
    await Promise.all(this.#members.map(({ ended }) => ended))
    clearTimeout(deadline)
    const bad = this.#members.find(({ exit }) => exit !== 'code 0')
    if (bad !== undefined) throw failed(bad, `ended with ${bad.exit ?? ''}`)
  }

  /** What they have used so far; what they had used when last asked, once one has ended. */
  usage(): Usage | undefined {
    const own = usageOf(this.#members.map(({ child }) => child.pid ?? 0))
    const others = usageOf(this.#companions)
    if (own !== undefined && others !== undefined) {
      const before = this.#companionsBefore?.cpuSeconds ?? 0
      this.#usage = {
        cpuSeconds: own.cpuSeconds + others.cpuSeconds - before,
        rssMb: own.rssMb + others.rssMb,
      }
    }
    return this.#usage
  }

  /** Kills those that still run. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash()
    process.off('exit', this.#kill)
  }

  readonly #kill = (): void => {
    for (const { child, exit } of this.#members) if (exit === undefined) child.kill('SIGKILL')
  }

  #start({ file, args }: Command): Member {
    // What Jest runs with is not for the programs.
    const child = spawn(file, args, { env: { ...process.env, NODE_OPTIONS: '' }, stdio: 'pipe' })
    const name = [file, ...args].findLast((each) => !each.includes('=')) ?? file
    const lines: string[] = []
    const keep = (line: string): void => {
      if (lines.push(line) > KEPT_LINES) lines.shift()
    }
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith(PREFIX)) this.#hear(line.slice(PREFIX.length))
      else keep(line)
    })
    createInterface({ input: child.stderr }).on('line', keep)
    // Whoever waits for what a program that has ended would have answered hears of its end.
    child.stdin.on('error', () => {})
    const member: Member = {
      child,
      name,
      lines,
      exit: undefined,
      ended: new Promise((resolve) => {
        const end = (how: string): void => {
          member.exit = how
          this.#changed()
          resolve()
        }
        child.once('error', (error) => end(error.message))
        child.once('close', (code, signal) => end(signal ?? `code ${code ?? ''}`))
      }),
    }
    return member
  }

  #hear(line: string): void {
    const atMs = performance.now()
    const [event = '', ...pairs] = line.split(' ')
    const fields = Object.fromEntries(
      pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    )
    this.#said.push({ event, atMs, fields })
    this.#changed()
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }
}

interface Member {
  readonly child: ChildProcess
  readonly name: string
  readonly lines: readonly string[]
  readonly ended: Promise<void>
  exit: string | undefined
}

function failed(member: Member | undefined, how: string): GokaError {
  const program = member?.name ?? 'no program'
  const output = member?.lines.join('\n') ?? ''
  return new GokaError(
    'BENCH_PROGRAM_FAILED',
    `${program} ${how}; the end of its output:\n${output}`,
    { program, output },
  )
}

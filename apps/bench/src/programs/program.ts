import { createInterface } from 'node:readline'
import { inspect } from 'node:util'
import type { Logger } from '@goka/interface'

/** A measured program in Node: what it was told in its arguments, what it says, what it hears. See `programs.ts`. */
export class Program {
  readonly #job: ReadonlyMap<string, string>
  readonly #heard = new Set<string>()
  readonly #waiting = new Map<string, () => void>()

  constructor() {
    this.#job = new Map(
      process.argv.slice(2).map((argument) => {
        const at = argument.indexOf('=')
        return [argument.slice(0, at), argument.slice(at + 1)]
      }),
    )
    createInterface({ input: process.stdin })
      .on('line', (line) => {
        this.#heard.add(line)
        this.#waiting.get(line)?.()
      })
      // Whoever has started it is gone.
      .on('close', () => process.exit(1))
  }

  has(name: string): boolean {
    return this.#job.has(name)
  }

  text(name: string): string {
    const value = this.#job.get(name)
    if (value === undefined) throw new TypeError(`${name}= is missing`)
    return value
  }

  number(name: string): number {
    return Number(this.text(name))
  }

  numbers(name: string): readonly number[] {
    return this.text(name).split(',').map(Number)
  }

  brokers(): string[] {
    return this.text('brokers').split(',')
  }

  say(event: string, fields: Readonly<Record<string, string | number>> = {}): void {
    const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`)
    process.stdout.write(`bench: ${event}${pairs.join('')}\n`)
  }

  /** Resolves when it has been told this. */
  async told(line: string): Promise<void> {
    if (this.#heard.has(line)) return
    await new Promise<void>((resolve) => this.#waiting.set(line, resolve))
  }

  /** Says that it is loaded and waits for the word to begin. */
  async begin(): Promise<void> {
    this.say('ready')
    await this.told('go')
  }
}

/** Warnings and errors on standard error. */
export const stderrLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: write,
  error: write,
  child: () => stderrLogger,
}

function write(facts: object | string, message = ''): void {
  process.stderr.write(`${inspect(facts)} ${message}\n`)
}

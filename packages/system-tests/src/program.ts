import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const loader = fileURLToPath(new URL('../../../config/typescript.js', import.meta.url))

/** The file of a program of `programs/`. */
export function programPath(name: string): string {
  return fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))
}

/** How a process has ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A TypeScript program in a process of its own, and what it has printed. */
export class Program implements AsyncDisposable {
  /** Resolves when it has ended and everything that it printed is here. */
  readonly exited: Promise<Exit>
  readonly #name: string
  readonly #process: ChildProcess
  readonly #lines: string[] = []
  readonly #errors: string[] = []
  readonly #watchers = new Set<() => void>()
  #exit: Exit | undefined

  /** Starts `file` with arguments; `cwd` is its working folder. */
  constructor(file: string, args: readonly string[], cwd?: string) {
    this.#name = file.slice(file.lastIndexOf('/') + 1)
    const node = ['--conditions=@goka/source', '--enable-source-maps', '--import', loader]
    this.#process = spawn(process.execPath, [...node, file, ...args], {
      cwd,
      // What Jest runs with is not for the programs.
      env: { ...process.env, NODE_OPTIONS: undefined, NO_COLOR: '1' },
      stdio: 'pipe',
    })
    this.#read(this.#process.stdout, this.#lines)
    this.#read(this.#process.stderr, this.#errors)
    // A command to a program that has just ended is lost, and whoever waits for its answer hears of the end.
    this.#process.stdin?.on('error', () => {})
    this.exited = new Promise((resolve, reject) => {
      this.#process.once('error', reject)
      this.#process.once('close', (code, signal) => {
        this.#exit = { code, signal }
        this.#changed()
        resolve(this.#exit)
      })
    })
  }

  /** The lines on standard output so far. */
  get lines(): readonly string[] {
    return this.#lines
  }

  /** The lines on standard error so far. */
  get errors(): readonly string[] {
    return this.#errors
  }

  /** Writes a line to its standard input. */
  write(line: string): void {
    this.#process.stdin?.write(`${line}\n`)
  }

  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** The first line, of those printed and to come, from which `read` makes something; `after` so many lines are left out. */
  async read<T>(
    read: (line: string) => T | undefined,
    { after = 0, withinMs = 30_000 }: { readonly after?: number; readonly withinMs?: number } = {},
  ): Promise<T> {
    let seen = after
    const found = (): T | undefined => {
      while (seen < this.#lines.length) {
        const made = read(this.#lines[seen++] as string)
        if (made !== undefined) return made
      }
      return undefined
    }
    return await this.#until(found, withinMs, 'the line that was waited for')
  }

  /** Waits for the end. */
  async end(withinMs = 30_000): Promise<Exit> {
    return await this.#until(() => this.#exit, withinMs, 'its end')
  }

  /** Kills it, if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#exit === undefined) this.kill('SIGKILL')
    await this.exited
  }

  async #until<T>(check: () => T | undefined, withinMs: number, what: string): Promise<T> {
    return await new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer)
        this.#watchers.delete(look)
        finish()
      }
      const fail = (why: string): void => {
        // Answers to questions that were asked again and again would leave no room for what happened.
        const told = this.#lines.filter((line) => !line.startsWith('{"kind":"answer"'))
        const output = [...told.slice(-40), ...this.#errors.slice(-40)].join('\n')
        settle(() => reject(new Error(`${this.#name} ${why} before ${what}:\n${output}`)))
      }
      const look = (): void => {
        const made = check()
        if (made !== undefined) settle(() => resolve(made))
        else if (this.#exit !== undefined) fail(`ended with ${JSON.stringify(this.#exit)}`)
      }
      const timer = setTimeout(() => fail(`took longer than ${withinMs} ms`), withinMs)
      this.#watchers.add(look)
      look()
    })
  }

  #read(stream: NodeJS.ReadableStream | null, lines: string[]): void {
    if (stream === null) return
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      this.#changed()
    })
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }
}

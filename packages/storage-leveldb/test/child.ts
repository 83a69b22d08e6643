import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const LOADER = fileURLToPath(new URL('typescript.mjs', import.meta.url))

/** A process of its own that runs a script of `processes/` and says, line by line, how far it is. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #lines: AsyncIterator<string, undefined>
  readonly #exit: Promise<unknown>

  /** `limit` is a command that sets limits of the shell first, such as `ulimit -f 100`. */
  constructor(script: string, args: readonly string[], limit = 'true') {
    const file = fileURLToPath(new URL(`processes/${script}.ts`, import.meta.url))
    const node = [process.execPath, '--conditions=@goka/source', '--import', LOADER, file, ...args]
    this.#process = spawn('sh', ['-c', `${limit} && exec "$@"`, 'sh', ...node], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#exit = once(this.#process, 'exit')
    const input = this.#process.stdout
    if (input === null) throw new Error('no standard output')
    this.#lines = createInterface({ input })[Symbol.asyncIterator]()
  }

  /** The next line that it prints; '' when it ends without one. */
  async line(): Promise<string> {
    const next: IteratorResult<string, undefined> = await this.#lines.next()
    return next.value ?? ''
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#exit
  }

  /** So that none is left behind when a test fails. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }

  /** Ends its standard input, which is how it knows that it may end, and waits until it has. */
  async end(): Promise<void> {
    this.#process.stdin?.end()
    await this.#exit
  }
}

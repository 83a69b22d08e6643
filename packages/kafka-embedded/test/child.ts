import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const LOADER = fileURLToPath(new URL('../../../config/typescript.js', import.meta.url))

/** A process of its own that runs a script of `processes/` and says, line by line, how far it is. */
export class Child {
  readonly #process: ChildProcess
  readonly #lines: AsyncIterator<string, undefined>
  readonly #exit: Promise<unknown>

  /** @param limit - a command that sets limits of the shell first, such as `ulimit -f 100` */
  constructor(script: string, args: readonly string[], limit = 'true') {
    const file = fileURLToPath(new URL(`processes/${script}.ts`, import.meta.url))
    // What Jest runs with is not for the script.
    const env = { ...process.env, NODE_OPTIONS: '' }
    const node = [process.execPath, '--conditions=@goka/source', '--import', LOADER, file, ...args]
    this.#process = spawn('sh', ['-c', `${limit} && exec "$@"`, 'sh', ...node], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#exit = once(this.#process, 'exit')
    const input = this.#process.stdout
    if (input === null) throw new Error('no standard output')
    this.#lines = createInterface({ input })[Symbol.asyncIterator]()
  }

  /** The next line that it prints; '' when it has ended without one. */
  async line(): Promise<string> {
    const next: IteratorResult<string, undefined> = await this.#lines.next()
    return next.value ?? ''
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#exit
  }
}

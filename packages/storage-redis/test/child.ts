import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const LOADER = fileURLToPath(new URL('../../../config/typescript.js', import.meta.url))

/** A process of its own that runs a script of `processes/` and says, line by line, how far it is. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #lines: AsyncIterator<string, undefined>
  readonly #exit: Promise<unknown>

  constructor(script: string, args: readonly string[]) {
    const file = fileURLToPath(new URL(`processes/${script}.ts`, import.meta.url))
    const flags = ['--conditions=@goka/source', '--import', LOADER]
    this.#process = spawn(process.execPath, [...flags, file, ...args], {
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
}

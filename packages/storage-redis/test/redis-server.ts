import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** When its input ends, whatever the reason, the shell ends Redis: none outlives its test. */
const watched = `
redis-server "$@" </dev/null &
read -r line
kill -KILL $!
wait $!
`

/** A Redis on a free port of the loopback interface, which saves nothing unless it is told to. */
export class RedisServer implements AsyncDisposable {
  readonly port: number
  readonly #folder: string
  readonly #options: readonly string[]
  #shell: ChildProcess | undefined

  private constructor(port: number, folder: string, options: readonly string[]) {
    this.port = port
    this.#folder = folder
    this.#options = options
  }

  /** `options` of redis-server: `--requirepass`, `secret`. */
  static async start(...options: string[]): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), 'goka-redis-'))
    const server = new RedisServer(await freePort(), folder, options)
    await server.startAgain()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** After a kill: with the data that it had saved in its folder, if any. */
  async startAgain(): Promise<void> {
    const own = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder]
    const options = [...own, '--save', '', '--appendonly', 'no', ...this.#options]
    const shell = spawn('/bin/sh', ['-c', watched, 'redis', ...options], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#shell = shell
    const said: string[] = []
    await new Promise<void>((resolve, reject) => {
      for (const input of [shell.stdout, shell.stderr]) {
        createInterface({ input }).on('line', (line) => {
          said.push(line)
          if (line.includes('Ready to accept connections')) resolve()
          if (line.includes('not found')) {
            reject(new Error(`${line} (Debian and Ubuntu: apt-get install redis-server)`))
          }
        })
      }
      shell.once('exit', () => {
        reject(new Error(`redis-server has ended: ${said.join('\n')}`))
      })
    })
  }

  /** Without a chance to save anything. */
  async kill(): Promise<void> {
    const shell = this.#shell
    this.#shell = undefined
    if (shell === undefined) return
    shell.stdin?.end()
    if (shell.exitCode === null) await once(shell, 'exit')
  }

  /** Deletes what it had saved. */
  async forget(): Promise<void> {
    await rm(join(this.#folder, 'dump.rdb'), { force: true })
  }

  async stop(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

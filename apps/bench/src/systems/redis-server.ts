import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { SystemName } from '../row.ts'
import { missing } from './build.ts'

/** The shell outlives neither Redis nor this process: when its input ends, whatever the reason, it ends both. */
const watched = `
command -v redis-server >&2 || exit 127
redis-server "$@" </dev/null &
echo "pid $!"
read -r line
kill -KILL $!
wait $!
`

/** A Redis with its own defaults, on a free port of the loopback interface. */
export class RedisServer {
  #shell: ChildProcess | undefined
  #path = ''
  #port = 0
  #pid = 0

  get port(): number {
    return this.#port
  }

  get pid(): number {
    return this.#pid
  }

  /**
   * Starts it for a system, empty: one that still runs is stopped, so that nobody's memory is counted with another's.
   * @throws GokaError `BENCH_SYSTEM_MISSING`
   */
  async start(system: SystemName): Promise<void> {
    await this.stop()
    this.#port = await freePort()
    this.#path = await mkdtemp(join(tmpdir(), 'goka-bench-redis-'))
    const address = ['--port', String(this.#port), '--bind', '127.0.0.1', '--dir', this.#path]
    const shell = spawn('/bin/sh', ['-c', watched, 'redis', ...address], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const problem = await new Promise<string | undefined>((resolve) => {
      shell.once('exit', (code) => {
        resolve(code === 127 ? '"redis-server" is not on the PATH' : `it ended with ${code ?? ''}`)
      })
      createInterface({ input: shell.stdout }).on('line', (line) => {
        if (line.startsWith('pid ')) this.#pid = Number(line.slice(4))
        if (line.includes('Ready to accept connections')) resolve(undefined)
        if (/Failed listening|Fatal/i.test(line)) resolve(line)
      })
    })
    this.#shell = shell
    if (problem === undefined) return
    await this.stop()
    throw missing(system, problem)
  }

  /** Stops it if it runs. */
  async stop(): Promise<void> {
    const shell = this.#shell
    this.#shell = undefined
    if (shell === undefined) return
    if (shell.exitCode === null && shell.signalCode === null) {
      shell.stdin?.end()
      await once(shell, 'exit')
    }
    await rm(this.#path, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

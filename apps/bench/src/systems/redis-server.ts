import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { missing } from './build.ts'

/** A Redis with its own defaults, on a free port of the loopback interface. It never outlives this process. */
export class RedisServer {
  #child: ChildProcess | undefined
  #port = 0

  get port(): number {
    return this.#port
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /**
   * Starts it, once.
   * @throws GokaError `BENCH_SYSTEM_MISSING`
   */
  async start(): Promise<void> {
    if (this.#child !== undefined) return
    this.#port = await freePort()
    const path = mkdtempSync(join(tmpdir(), 'goka-bench-redis-'))
    const address = ['--port', String(this.#port), '--bind', '127.0.0.1', '--dir', path]
    const child = spawn('redis-server', address, { stdio: ['ignore', 'pipe', 'inherit'] })
    const kill = (): void => {
      child.kill('SIGKILL')
      rmSync(path, { recursive: true, force: true })
    }
    process.on('exit', kill)
    child.once('exit', () => {
      process.off('exit', kill)
      rmSync(path, { recursive: true, force: true })
    })
    const problem = await new Promise<string | undefined>((resolve) => {
      child.once('error', () => resolve('"redis-server" is not on the PATH'))
      child.once('exit', (code) => resolve(`redis-server ended with ${code ?? 'a signal'}`))
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.includes('Ready to accept connections')) resolve(undefined)
      })
    })
    if (problem !== undefined) throw missing('by-hand', problem)
    this.#child = child
  }

  /** Stops it if it runs. */
  async stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

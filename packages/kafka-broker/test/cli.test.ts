import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { freePort, isFree } from '../src/free-port.ts'
import { handshake } from '../src/handshake.ts'
import { until } from './process.ts'

const program = fileURLToPath(new URL('../bin/kafka.js', import.meta.url))

type Program = ChildProcessByStdio<null, Readable, Readable>

describe('the command line', () => {
  let folder: string
  let firstClusterId: string | undefined
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cli-test-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  function run(...args: string[]): Program {
    return spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    })
  }

  it.each(['SIGINT', 'SIGTERM'] as const)('serves until %s and keeps its data', async (signal) => {
    const port = await freePort()
    const child = run('--port', String(port), '--data', folder)
    let output = ''
    child.stdout.on('data', (chunk) => (output += String(chunk)))
    await until(() => output.includes(`127.0.0.1:${port} (process `))
    const { clusterId } = await handshake(port, 1_000)
    firstClusterId ??= clusterId
    expect(clusterId).toBe(firstClusterId)
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(await isFree(port)).toBe(true)
  })

  it('ends with the broker when that is killed', async () => {
    const port = await freePort()
    const child = run('--port', String(port), '--data', folder)
    let output = ''
    child.stdout.on('data', (chunk) => (output += String(chunk)))
    await until(() => output.includes(`127.0.0.1:${port} (process `))
    process.kill(Number(/process (\d+)/.exec(output)?.[1]), 'SIGKILL')
    const { code, errors } = await ended(child)
    expect(code).toBe(1)
    expect(errors).toBe('Apache Kafka ended by itself with SIGKILL\n')
  })

  it.each([
    [['--prot', '1'], "Unknown option '--prot'"],
    [['--port', 'http'], 'option port must be an integer from 1 to 65535, received NaN'],
  ])('explains a wrong argument: %j', async (args, complaint) => {
    const child = run(...args)
    const { code, errors } = await ended(child)
    expect(code).toBe(1)
    expect(errors.split('\n')[0]).toContain(complaint)
  })

  it('tells how it is used', async () => {
    const child = run('--help')
    const { code, output } = await ended(child)
    expect(code).toBe(0)
    expect(output).toContain('--port 9092')
  })
})

async function ended(child: Program): Promise<{ code: number; output: string; errors: string }> {
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ])
  return { code, output, errors }
}

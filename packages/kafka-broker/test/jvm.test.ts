import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { startJvm } from '../src/jvm.ts'
import { isRunning, until } from './process.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jvm-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('a watched process', () => {
  it('has its own process id, its output in the log and its exit code told', async () => {
    const logPath = join(folder, 'log')
    const jvm = await startJvm({
      java: '/bin/sh',
      args: ['-c', 'echo $$; echo complaint >&2; exit 3'],
      logPath,
      temporaryPath: folder,
    })
    expect(await jvm.exited).toEqual({ code: 3, signal: null })
    expect(await readFile(logPath, 'utf8')).toBe(`${jvm.pid}\ncomplaint\n`)
  })

  it('leaves its folder to its owner and no watcher behind when it ends by itself', async () => {
    const watcher = join(folder, 'watcher')
    const jvm = await startJvm({
      java: '/bin/sh',
      // The watcher is the only child; the command after pgrep keeps the shell from becoming it.
      args: ['-c', `pgrep -P $$ > ${watcher}; true`],
      logPath: join(folder, 'log'),
      temporaryPath: folder,
    })
    await jvm.exited
    const pid = Number(await readFile(watcher, 'utf8'))
    expect(pid).toBeGreaterThan(0)
    await until(() => !isRunning(pid))
    expect(existsSync(folder)).toBe(true)
  })

  it('is ended by a signal, once', async () => {
    const logPath = join(folder, 'log')
    const jvm = await startJvm({
      java: 'sleep',
      args: ['1000'],
      logPath,
      temporaryPath: undefined,
    })
    jvm.kill('SIGTERM')
    expect(await jvm.exited).toEqual({ code: null, signal: 'SIGTERM' })
    jvm.kill('SIGTERM')
  })
})

/** Each starts a real broker in a program of its own, which then dies in another way. */
describe('a broker whose program dies', () => {
  const program = fileURLToPath(new URL('fixtures/start-broker.js', import.meta.url))
  let parent: ChildProcess

  async function start(death: string): Promise<{ pid: number; path: string }> {
    parent = spawn(process.execPath, [program, death], {
      stdio: ['ignore', 'pipe', death === 'throw' ? 'ignore' : 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '', TMPDIR: folder },
    })
    const lines = createInterface({ input: parent.stdout as NonNullable<typeof parent.stdout> })
    const [line] = (await once(lines, 'line')) as [string]
    return JSON.parse(line) as { pid: number; path: string }
  }

  it.each(['exit', 'throw'])('ends with it and leaves no folder: %s', async (death) => {
    const { pid, path } = await start(death)
    await until(() => !isRunning(pid) && !existsSync(path))
  })

  it.each(['running', 'hanging'])('ends with it when it is killed: %s', async (state) => {
    const { pid, path } = await start('never')
    expect(isRunning(pid)).toBe(true)
    expect(existsSync(path)).toBe(true)
    if (state === 'hanging') process.kill(pid, 'SIGSTOP')
    parent.kill('SIGKILL')
    await until(() => !isRunning(pid) && !existsSync(path))
  })
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from '@jest/globals'
import { execArgv, programPath } from './programs.ts'
import { Witness } from './witness.ts'

const started: ChildProcess[] = []

// So that none is left behind when a test fails.
afterEach(() => {
  for (const each of started.splice(0)) each.kill('SIGKILL')
})

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(process.execPath, [...execArgv, ...args], {
    stdio: 'ignore',
    env: { ...process.env, ...env },
  })
  started.push(child)
  return child
}

describe('a member', () => {
  it('stops by itself when its fleet was killed', async () => {
    await using witness = await Witness.open()
    const supervisor = start([programPath('supervisor'), 'steady', witness.port])
    await witness.heard('running', 2)
    supervisor.kill('SIGKILL')
    await witness.allGone()
    expect(witness.count('stopped')).toBe(2)
  })

  it('is gone in the end even when it does not come to its end after its fleet was killed', async () => {
    await using witness = await Witness.open()
    const supervisor = start([programPath('supervisor'), 'deaf', witness.port])
    await witness.heard('running', 2)
    supervisor.kill('SIGKILL')
    await witness.allGone()
    expect(witness.count('stopping')).toBe(2)
    expect(witness.count('stopped')).toBe(0)
  })

  it('runs without a fleet until SIGTERM or SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      await using witness = await Witness.open()
      const alone = start([programPath('scripted'), 'steady', witness.port])
      const exited = once(alone, 'exit')
      await witness.heard('running', 1)
      expect(witness.lines[0]).toBe(`0/1 ${alone.pid} loaded`)
      alone.kill(signal)
      expect(await exited).toEqual([0, null])
      expect(witness.count('stopped')).toBe(1)
      await witness.allGone()
    }
  })

  it('is not mistaken for one whose fleet lives when it was gone before', async () => {
    await using witness = await Witness.open()
    const membership = JSON.stringify({ index: 0, processes: 1, stopTimeoutMs: 500 })
    const args = [programPath('scripted'), 'steady', witness.port]
    const orphan = start(args, { GOKA_FLEET_MEMBER: membership })
    expect(await once(orphan, 'exit')).toEqual([0, null])
    expect(witness.lines).toEqual([])
    await witness.allGone()
  })
})

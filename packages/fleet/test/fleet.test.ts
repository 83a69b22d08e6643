import { Fleet, type FleetOptions } from '@goka/fleet'
import { isGokaError } from '@goka/interface'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from './manual-clock.ts'
import { execArgv, keepingLogger, type Line, programPath } from './programs.ts'
import { Witness } from './witness.ts'

let witness: Witness
let clock: ManualClock
let lines: Line[]

beforeEach(async () => {
  witness = await Witness.open()
  clock = new ManualClock()
  lines = []
})

afterEach(async () => {
  expect(witness.alive).toBe(0)
  await witness[Symbol.asyncDispose]()
})

function fleetOf(behaviour: string, options: Partial<FleetOptions> = {}): Fleet {
  return new Fleet({
    program: programPath('scripted'),
    processes: 2,
    args: [behaviour, witness.port],
    execArgv,
    log: keepingLogger(lines),
    clock,
    ...options,
  })
}

/** Waits until the members are in these states. */
async function statesAre(fleet: Fleet, ...states: readonly string[]): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (fleet.memberStates.join() !== states.join()) return
      stop()
      resolve()
    }
    const stop = fleet.onChange(look)
    look()
  })
}

/** The code, the details and the cause of what a run is rejected with. */
async function failure(run: Promise<void>): Promise<unknown> {
  return await run.then(
    () => 'no failure',
    (error: unknown) =>
      isGokaError(error) ? { ...error.details, code: error.code, cause: error.cause } : error,
  )
}

describe('a fleet', () => {
  it('runs a process for each index and stops all of them when its signal is aborted', async () => {
    const stop = new AbortController()
    const fleet = fleetOf('steady')
    const run = fleet.run({ signal: stop.signal })
    expect(fleet.state).toBe('running')
    await statesAre(fleet, 'running', 'running')
    await witness.heard('running', 2)
    expect(witness.lines.filter((line) => line.startsWith('0/2 '))).not.toEqual([])
    expect(witness.lines.filter((line) => line.startsWith('1/2 '))).not.toEqual([])
    stop.abort()
    expect(fleet.state).toBe('stopping')
    await run
    await witness.allGone()
    expect(witness.count('stopped')).toBe(2)
    expect(witness.count('reminded')).toBe(0)
    expect(fleet.state).toBe('stopped')
    expect(fleet.memberStates).toEqual(['stopped', 'stopped'])
  })

  it('joins what the processors of its members report', async () => {
    await using fleet = fleetOf('steady')
    const run = fleet.run()
    await statesAre(fleet, 'running', 'running')
    const { members, partitions, totals, state } = await fleet.report()
    expect(state).toBe('running')
    expect(partitions.map(({ partition, member }) => [partition, member])).toEqual([
      [0, 1],
      [1, 0],
      [2, 1],
      [3, 0],
    ])
    expect(totals).toEqual({
      commits: { count: 20, records: 200, tableWrites: 101 },
      errors: 4,
      skipped: 8,
      retries: 12,
      emitted: 16,
      lag: 0,
      restarts: 0,
    })
    await witness.heard('running', 2)
    expect(members.map(({ pid }) => pid)).toEqual([witness.pid(0), witness.pid(1)])
    expect(members[0]?.rssBytes).toBeGreaterThan(1e6)
    expect(members[0]?.cpuMs).toBeGreaterThan(1)
    await fleet.stop()
    await run
    await witness.allGone()
  })

  it('writes what its members log and print to its own logger, with the member', async () => {
    await using fleet = fleetOf('steady', { processes: 1 })
    const run = fleet.run()
    await statesAre(fleet, 'running')
    await fleet.stop()
    await run
    const structured = lines.find(({ message }) => message === 'structured')
    expect(structured).toMatchObject({
      level: 'warn',
      facts: {
        member: 0,
        part: 'fake',
        big: 1n,
        err: {
          code: 'GOKA_TOPIC_UNKNOWN',
          message: 'no such topic',
          details: { topic: 't' },
          cause: { name: 'TypeError', message: 'too hot' },
        },
      },
    })
    expect(lines).toContainEqual({
      level: 'info',
      facts: { member: 0, stream: 'stdout' },
      message: 'printed',
    })
    await witness.allGone()
  })

  it('loses no line of a member that ends after it has logged a lot', async () => {
    await using fleet = fleetOf('talk', { processes: 1 })
    const run = fleet.run()
    await witness.heard('running', 1)
    await fleet.stop()
    await run
    expect(lines.filter(({ facts }) => 'number' in facts)).toHaveLength(5_000)
    await witness.allGone()
  })

  it('starts a killed member again, later each time, and soon again once it has been running for long', async () => {
    await using fleet = fleetOf('steady', { restart: { initialMs: 7, maxMs: 11 } })
    const run = fleet.run()
    await statesAre(fleet, 'running', 'running')
    for (const [round, delayMs] of [7, 11, 11].entries()) {
      await witness.heard('running', 2 + round)
      process.kill(witness.pid(1), 'SIGKILL')
      await statesAre(fleet, 'running', 'waiting')
      await clock.fire(delayMs)
      await statesAre(fleet, 'running', 'running')
    }
    clock.advance(11)
    await witness.heard('running', 5)
    process.kill(witness.pid(1), 'SIGKILL')
    await clock.fire(7)
    await statesAre(fleet, 'running', 'running')
    expect((await fleet.report()).members.map(({ restarts }) => restarts)).toEqual([0, 4])
    expect(lines).toContainEqual({
      level: 'warn',
      facts: { member: 1, exitCode: null, signal: 'SIGKILL', delayMs: 7 },
      message: 'the member has ended by itself and is started again',
    })
    await fleet.stop()
    await run
    await witness.allGone()
  })

  it('starts a member again that was stopped by somebody else', async () => {
    await using fleet = fleetOf('steady', { processes: 1 })
    const run = fleet.run()
    await witness.heard('running', 1)
    process.kill(witness.pid(0), 'SIGTERM')
    await clock.fire(100)
    await witness.heard('running', 2)
    expect(witness.count('stopped')).toBe(1)
    await fleet.stop()
    await run
    await witness.allGone()
  })

  it('leaves ctrl-c, which reaches all processes of a terminal, to the parent', async () => {
    await using fleet = fleetOf('steady', { processes: 1 })
    const run = fleet.run()
    await witness.heard('running', 1)
    process.kill(witness.pid(0), 'SIGINT')
    const { members } = await fleet.report()
    expect(members[0]).toMatchObject({ state: 'running', pid: witness.pid(0), restarts: 0 })
    expect(members[0]?.processor?.group).toBe('g')
    await fleet.stop()
    await run
    await witness.allGone()
    expect(witness.count('stopped')).toBe(1)
  })

  it('stops and says why when a member ends again and again', async () => {
    await using fleet = fleetOf('crash', { restart: { limit: 2 } })
    const run = failure(fleet.run())
    await clock.fire(100)
    await clock.fire(200)
    expect(await run).toEqual({
      code: 'FLEET_MEMBER_FAILED',
      member: 0,
      exitCode: 3,
      signal: null,
      restarts: 2,
      output: 'the disk is on fire',
    })
    expect(lines).toContainEqual({
      level: 'error',
      facts: { member: 0, stream: 'stderr' },
      message: 'the disk is on fire',
    })
    await witness.allGone()
    expect(fleet.state).toBe('stopped')
  })

  it('names what a member threw, and a program that is not there', async () => {
    const thrown = await failure(fleetOf('throw', { restart: { limit: 0 } }).run())
    expect(thrown).toMatchObject({
      code: 'FLEET_MEMBER_FAILED',
      exitCode: 1,
      cause: { name: 'TypeError', message: 'this is no processor', cause: { code: 7 } },
      output: expect.stringContaining('this is no processor'),
    })
    const missing = fleetOf('steady', { restart: { limit: 0 }, program: '/nowhere/program.js' })
    expect(await failure(missing.run())).toMatchObject({
      code: 'FLEET_MEMBER_FAILED',
      output: expect.stringContaining('/nowhere/program.js'),
    })
    await witness.allGone()
  })

  it('reminds a member that does not stop, and kills it in the end', async () => {
    const fleet = fleetOf('deaf', { processes: 1, stopTimeoutMs: 1_000 })
    const run = fleet.run()
    await witness.heard('running', 1)
    const stopped = fleet.stop()
    await witness.heard('stopping', 1)
    await clock.fire(500)
    await witness.heard('reminded', 1)
    expect(fleet.memberStates).toEqual(['stopping'])
    await clock.fire(1_000)
    await stopped
    await run
    await witness.allGone()
    expect(lines).toContainEqual({
      level: 'warn',
      facts: { member: 0, stopTimeoutMs: 1_000 },
      message: 'the member takes too long to stop and is killed',
    })
  })

  it('ends at once when it is stopped between two starts', async () => {
    const fleet = fleetOf('crash', { processes: 1 })
    const run = fleet.run()
    await statesAre(fleet, 'waiting')
    await fleet.stop()
    await run
    expect(witness.count('loaded')).toBe(1)
    await witness.allGone()
  })

  it('stops members that are being loaded', async () => {
    const fleet = fleetOf('steady')
    const run = fleet.run()
    await fleet.stop()
    await run
    expect(witness.count('running')).toBe(0)
    await witness.allGone()
  })

  it('starts nothing when it was stopped before, and runs once', async () => {
    const fleet = fleetOf('steady')
    await fleet.run({ signal: AbortSignal.abort() })
    expect(fleet.state).toBe('stopped')
    expect(await failure(fleet.run())).toMatchObject({ code: 'GOKA_RUN_TWICE' })
    const other = fleetOf('steady')
    await other.stop()
    expect(await failure(other.run())).toMatchObject({ code: 'GOKA_RUN_TWICE' })
    expect(witness.lines).toEqual([])
  })
})

import { string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { ManualClock } from '../manual-clock.ts'
import { eventually, inTime, Notes, rejection, settle } from '../waiting.ts'

const input = stream('input', string)

describe('a deferred commit', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('input', 1)
  })
  afterEach(() => cluster.close())

  type Done = (error?: unknown) => void

  function deferring(fails: (message: string) => boolean = () => false) {
    const deferred = new Map<string, Done>()
    const seen = new Notes<string>()
    const group = defineGroup('group')
      .persist(string)
      .input(input, (ctx, message) => {
        if (message.startsWith('later')) deferred.set(message, ctx.deferCommit())
        ctx.setValue(message)
        seen.add(message)
        if (fails(message)) throw new Error('oops')
      })
    return { group, deferred, seen }
  }
  const records = (...messages: string[]) =>
    messages.map((message) => ({ key: message, value: message }))
  const committed = async () => (await cluster.committed('group'))['input/0']

  it('holds the offset of its record and of all later ones until it is done', async () => {
    const { group, deferred, seen } = deferring()
    await cluster.started(group, 1)
    await eventually(async () => (await committed()) === 0)
    await cluster.produce('input', records('later-1', '2', '3'))
    await seen.until(3)
    await cluster.produce('input', records('later-4', '5'))
    await seen.until(5)
    await settle()
    expect(await committed()).toBe(0)
    expect(await cluster.lines('group-table')).toEqual([])
    deferred.get('later-4')?.()
    await settle()
    expect(await committed()).toBe(0)
    deferred.get('later-1')?.()
    await eventually(async () => (await committed()) === 5)
    expect(Object.keys(await cluster.table('group-table'))).toHaveLength(5)
  })

  it('is done once, however often that is said', async () => {
    const { group, deferred, seen } = deferring()
    await cluster.started(group, 1)
    await eventually(async () => (await committed()) === 0)
    await cluster.produce('input', records('later-1', 'later-2'))
    await seen.until(2)
    deferred.get('later-1')?.()
    deferred.get('later-1')?.()
    await settle()
    expect(await committed()).toBe(0)
    deferred.get('later-2')?.(null)
    await eventually(async () => (await committed()) === 2)
  })

  it('that ends with an error fails the processor, and nothing of the record is committed', async () => {
    const { group, deferred, seen } = deferring()
    const { run } = await cluster.started(group, 1, { drainTimeoutMs: 60_000 })
    await eventually(async () => (await committed()) === 0)
    await cluster.produce('input', records('later-1', '2'))
    await seen.until(2)
    const cause = new Error('not stored')
    deferred.get('later-1')?.(cause)
    expect(await rejection(run)).toMatchObject({
      code: 'GOKA_PROCESSOR_CALLBACK',
      details: { topic: 'input', partition: 0, offset: 0, key: 'later-1' },
      cause,
    })
    expect(await committed()).toBe(0)
    expect(await cluster.lines('group-table')).toEqual([])
  })

  it('is followed by the commit at once when there is too much to commit', async () => {
    const clock = new ManualClock()
    const { group, deferred, seen } = deferring()
    const options = { maxUncommittedBytes: 9, commitIntervalMs: 3_600_000 }
    await cluster.started(group, 1, options, cluster.goka({ clock }))
    await cluster.produce('input', records('later'))
    await seen.until(1)
    await cluster.produce('input', records('2'))
    await seen.until(2)
    await settle()
    // Commits begin and do not wait for the first for long.
    for (let count = 0; count < 3; count++) {
      clock.advance(20)
      await settle()
    }
    expect((await committed()) ?? 0).toBe(0)
    deferred.get('later')?.()
    await eventually(async () => (await committed()) === 1)
  })

  it('is waited for when the processor stops, and committed then', async () => {
    const { group, deferred, seen } = deferring()
    const { runner } = await cluster.started(group, 1)
    await cluster.produce('input', records('later-1'))
    await seen.until(1)
    const stopped = runner.stop()
    await settle()
    expect(runner.state.current).toBe('stopping')
    deferred.get('later-1')?.()
    await inTime(stopped, 'the stop')
    expect(await committed()).toBe(1)
  })

  it('that is never done does not hold a stop longer than the drain timeout', async () => {
    const clock = new ManualClock()
    const { group, seen } = deferring()
    const options = { drainTimeoutMs: 1_000, commitIntervalMs: 3_600_000 }
    const { runner } = await cluster.started(group, 1, options, cluster.goka({ clock }))
    await cluster.produce('input', records('later-1'))
    await seen.until(1)
    const stopped = runner.stop()
    await settle()
    clock.advance(999)
    await settle()
    expect(runner.state.current).toBe('stopping')
    clock.advance(1)
    await inTime(stopped, 'the stop')
    expect((await committed()) ?? 0).toBe(0)
  })

  it('of a callback that then fails is taken back with the rest', async () => {
    const { group, seen } = deferring((message) => message.startsWith('later'))
    await cluster.started(group, 1, { onError: 'skip' })
    await cluster.produce('input', records('later-1', '2'))
    await seen.until(2)
    await eventually(async () => (await committed()) === 2)
  })
})

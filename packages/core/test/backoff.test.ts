import { describe, expect, it } from '@jest/globals'
import { Backoff, delay } from '../src/backoff.ts'
import { ManualClock } from './manual-clock.ts'
import { inTime } from './waiting.ts'

describe('a backoff', () => {
  it('doubles from 100 ms up to 10 s unless it is told otherwise', () => {
    const backoff = new Backoff()
    const waits = Array.from({ length: 9 }, () => backoff.next())
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
    expect(backoff.tries).toBe(9)
  })

  it('starts again after a reset', () => {
    const backoff = new Backoff({ initialMs: 5, maxMs: 20 })
    backoff.next()
    backoff.next()
    backoff.reset()
    expect(backoff.tries).toBe(0)
    expect([backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual([
      5, 10, 20, 20,
    ])
  })

  it('stays at its maximum after any number of failures', () => {
    expect(new Backoff({ initialMs: 1, maxMs: 1_000 }).at(5_000)).toBe(1_000)
  })
})

describe('a delay', () => {
  it('ends when its time has come, and not before', async () => {
    const clock = new ManualClock()
    let ended = false
    const waiting = delay(clock, 50).then(() => {
      ended = true
    })
    clock.advance(49)
    await Promise.resolve()
    expect(ended).toBe(false)
    clock.advance(1)
    await inTime(waiting, 'the end of the delay')
  })

  it('ends at once when it is aborted, and leaves no timer behind', async () => {
    const clock = new ManualClock()
    const abort = new AbortController()
    const waiting = delay(clock, 50, abort.signal)
    abort.abort()
    await inTime(waiting, 'the end of the delay')
    expect(clock.waitsMs).toEqual([])
  })

  it('does not begin when it was aborted before', async () => {
    const clock = new ManualClock()
    await inTime(delay(clock, 50, AbortSignal.abort()), 'the end of the delay')
    expect(clock.waitsMs).toEqual([])
  })
})

import { describe, expect, it } from '@jest/globals'
import { ObservableState } from '../src/observable-state.ts'
import { ManualClock } from './manual-clock.ts'
import { inTime, rejection } from './waiting.ts'

type State = 'idle' | 'running' | 'stopped'

function make(): { state: ObservableState<State>; clock: ManualClock } {
  const clock = new ManualClock(1_000)
  const end = { state: 'stopped', error: () => new Error('ended') } as const
  return { state: new ObservableState<State>('idle', () => clock.now(), end), clock }
}

describe('a state', () => {
  it('tells what it is and since when', () => {
    const { state, clock } = make()
    clock.advance(5)
    state.set('running')
    clock.advance(5)
    expect([state.current, state.sinceMs]).toEqual(['running', 1_005])
  })

  it('does not change when it is set to what it is', () => {
    const { state, clock } = make()
    const seen: string[] = []
    state.onChange((now) => seen.push(now))
    clock.advance(5)
    state.set('idle')
    expect(seen).toEqual([])
    expect(state.sinceMs).toBe(1_000)
  })

  it('tells each change, with what was before, until the watcher goes', () => {
    const { state } = make()
    const seen: string[] = []
    const leave = state.onChange((now, before) => seen.push(`${before}>${now}`))
    state.set('running')
    leave()
    state.set('stopped')
    expect(seen).toEqual(['idle>running'])
  })

  it('tells the other watchers also when one throws or leaves', () => {
    const { state } = make()
    const seen: string[] = []
    state.onChange(() => {
      throw new Error('a bad watcher')
    })
    const leave = state.onChange(() => leave())
    state.onChange((now) => seen.push(now))
    state.set('running')
    expect(seen).toEqual(['running'])
  })

  it('can be waited for: one state, one of several, or the present one', async () => {
    const { state } = make()
    const one = state.until('stopped')
    const several = state.until(['running', 'stopped'])
    expect(await inTime(state.until('idle'), 'the present state')).toBe('idle')
    state.set('running')
    expect(await inTime(several, 'one of several')).toBe('running')
    state.set('stopped')
    expect(await inTime(one, 'one state')).toBe('stopped')
  })

  it('is no longer waited for when the signal is aborted: its reason is what the wait rejects with', async () => {
    const { state } = make()
    const abort = new AbortController()
    const waiting = state.until('running', abort.signal)
    const reason = new Error('enough')
    abort.abort(reason)
    expect(await rejection(waiting)).toBe(reason)
    expect(await rejection(state.until('running', abort.signal))).toBe(reason)
  })

  it('rejects those who wait when the end comes, and after it', async () => {
    const { state } = make()
    const waiting = rejection(state.until('running'))
    const awaited = state.until('stopped')
    state.set('stopped')
    expect(await waiting).toMatchObject({ message: 'ended' })
    expect(await awaited).toBe('stopped')
    expect(await rejection(state.until(['idle', 'running']))).toMatchObject({ message: 'ended' })
  })
})

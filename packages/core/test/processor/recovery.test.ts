import { describe, expect, it } from '@jest/globals'
import { Recovery } from '../../src/processor/recovery.ts'

describe('a recovery', () => {
  const recovery = new Recovery('table', 2, 1_000, 5_000, 10_000)

  it('tells rate and remaining time from what was read so far', () => {
    expect(recovery.progress(2_000, 12_000)).toEqual({
      topic: 'table',
      partition: 2,
      start: 1_000,
      position: 2_000,
      end: 5_000,
      offsetsPerSecond: 500,
      etaMs: 6_000,
    })
  })

  it('cannot tell before anything was read', () => {
    expect(recovery.progress(1_000, 12_000)).toMatchObject({ offsetsPerSecond: 0, etaMs: -1 })
    expect(recovery.progress(1_000, 10_000)).toMatchObject({ offsetsPerSecond: 0, etaMs: -1 })
  })

  it('needs no more time at its end or past it', () => {
    expect(recovery.progress(5_000, 12_000).etaMs).toBe(0)
    expect(recovery.progress(5_001, 12_000).etaMs).toBe(0)
    expect(new Recovery('table', 0, 7, 7, 0).progress(7, 0).etaMs).toBe(0)
  })
})

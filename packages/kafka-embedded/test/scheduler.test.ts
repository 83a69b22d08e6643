import { describe, expect, it } from '@jest/globals'
import { immediateScheduler, type Scheduler, seededScheduler } from '../src/index.ts'
import { settle } from './event-loop.ts'

/** Steps of three lanes, of which each adds another one. */
function addSteps(scheduler: Scheduler, run: string[]): void {
  for (const lane of ['a', 'b', 'c']) {
    for (let number = 1; number <= 5; number++) {
      scheduler.schedule(lane, () => {
        run.push(`${lane}${number}`)
        void Promise.resolve().then(() => run.push(`then ${lane}${number}`))
      })
    }
  }
}

async function history(seed: number): Promise<readonly string[]> {
  const run: string[] = []
  const scheduler = seededScheduler({ seed })
  addSteps(scheduler, run)
  await scheduler.idle()
  return run
}

describe('the immediate scheduler', () => {
  it('runs steps in the order they came, each with all that follows from it, never at once', async () => {
    const run: string[] = []
    addSteps(immediateScheduler(), run)
    expect(run).toEqual([])
    await settle()
    const expected = ['a', 'b', 'c'].flatMap((lane) => [1, 2, 3, 4, 5].map((n) => `${lane}${n}`))
    expect(run).toEqual(expected.flatMap((step) => [step, `then ${step}`]))
  })
})

describe('the seeded scheduler', () => {
  it('keeps the order of each lane, and lets everything follow from a step before the next', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const run = await history(seed)
      for (const lane of ['a', 'b', 'c']) {
        expect(run.filter((step) => step.startsWith(lane))).toEqual(
          [1, 2, 3, 4, 5].map((number) => `${lane}${number}`),
        )
      }
      for (let index = 0; index < run.length; index += 2) {
        expect(run[index + 1]).toBe(`then ${run[index]}`)
      }
    }
  })

  it('chooses alike for the same seed, and otherwise for others', async () => {
    const histories = await Promise.all(Array.from({ length: 20 }, (_, seed) => history(seed)))
    const again = await Promise.all(Array.from({ length: 20 }, (_, seed) => history(seed)))
    expect(again).toEqual(histories)
    expect(new Set(histories.map((run) => run.join())).size).toBeGreaterThan(15)
  })

  it('tells each step before it runs, how many wait, and when none does', async () => {
    const told: string[] = []
    const scheduler = seededScheduler({ seed: 1, onStep: (lane) => told.push(lane) })
    await scheduler.idle()
    scheduler.schedule('a', () => {
      told.push('ran')
      void Promise.resolve().then(() => scheduler.schedule('b', () => told.push('ran')))
    })
    expect(scheduler.pending).toBe(1)
    await scheduler.idle()
    expect(told).toEqual(['a', 'ran', 'b', 'ran'])
    expect(scheduler.pending).toBe(0)
  })
})

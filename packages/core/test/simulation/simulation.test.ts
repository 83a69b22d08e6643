import { describe, expect, it } from '@jest/globals'
import { FEATURE_MUTANTS } from './feature-mutants.ts'
import { MUTANTS } from './mutants.ts'
import type { Plan, PlanKind } from './plan.ts'
import { PRESSURE_MUTANTS } from './pressure-mutants.ts'
import { Simulation } from './simulation.ts'

/** How many seeds are run; `SIMULATION_SEEDS=5000` for a long run. */
const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 150)

/** How many of those are run with a group that is pressed hard. */
const HARD_SEEDS = Math.ceil(SEEDS / 10)

/** `SIMULATION_SEED=n` replays one, of a group as the seed has it, of a plain one and of one that is pressed hard. */
const ONLY = process.env['SIMULATION_SEED']

/** Within how many seeds a mutant has to be found. */
const MUTANT_SEEDS = 40

/** Seeds beyond the first that have found something. */
const TELLING = [161, 183, 274, 818]

/** Seeds of plain groups that have found something. */
const TELLING_PLAIN = [330, 3339, 3777, 4719, 4951, 6481]

/** Seeds of groups that are pressed hard that have found something. */
const TELLING_HARD = [19, 53, 148, 178]

/** Commits are late, callbacks go on for longer than their partitions stay, and members lose their place all the time. */
const LATE: Partial<Plan> = {
  guarantee: 'exactly-once',
  slots: 3,
  callbackMs: 300,
  drainTimeoutMs: 50,
  zombies: true,
  unseats: true,
}

/** Seeds of such groups that find it when a commit of a partition that was lost meanwhile is let through, or not waited for. */
const TELLING_LATE = [8, 63, 71]

const first = Array.from({ length: SEEDS }, (_, index) => index + 1)
const seeds = ONLY === undefined ? [...new Set([...first, ...TELLING])] : [Number(ONLY)]
const plainSeeds = ONLY === undefined ? TELLING_PLAIN : seeds
const hardSeeds =
  ONLY === undefined ? [...new Set([...first.slice(0, HARD_SEEDS), ...TELLING_HARD])] : seeds

async function judge(seed: number, kind: PlanKind, changes: Partial<Plan> = {}): Promise<void> {
  const simulation = new Simulation(seed, { kind, plan: changes })
  const { violations } = await simulation.run()
  const { plan } = simulation
  expect({ seed, plan, violations }).toEqual({ seed, plan, violations: [] })
}

describe('a group, whatever happens to it', () => {
  for (const seed of seeds) {
    it(`loses nothing, does nothing twice and goes on: SIMULATION_SEED=${seed}`, async () => {
      await judge(seed, 'rich')
    })
  }

  for (const seed of plainSeeds) {
    it(`does so with one input, a table and an output alone: SIMULATION_SEED=${seed}`, async () => {
      await judge(seed, 'plain')
    })
  }

  for (const seed of hardSeeds) {
    it(`does so when it is pressed hard and its data are harmed: SIMULATION_SEED=${seed}`, async () => {
      await judge(seed, 'hard')
    })
  }

  for (const seed of ONLY === undefined ? TELLING_LATE : seeds) {
    it(`does so when its commits are late: SIMULATION_SEED=${seed}`, async () => {
      await judge(seed, 'rich', LATE)
    })
  }

  it('does the same step by step when its seed is the same', async () => {
    for (const seed of [2, 3, 5, 8, 13]) {
      const traces = [await new Simulation(seed).run(), await new Simulation(seed).run()]
      expect(traces[1]?.trace).toEqual(traces[0]?.trace)
      expect(traces[0]?.trace.length).toBeGreaterThan(100)
    }
    const others = await new Simulation(4).run()
    expect(others.trace).not.toEqual((await new Simulation(3).run()).trace)
  }, 60_000)
})

describe('the simulation finds out when', () => {
  it.each(Object.entries({ ...MUTANTS, ...FEATURE_MUTANTS, ...PRESSURE_MUTANTS }))(
    '%s',
    async (_what, mutant) => {
      let found: string | undefined
      for (let seed = 1; seed <= MUTANT_SEEDS && found === undefined; seed++) {
        const { violations } = await new Simulation(seed, { mutant }).run()
        found = violations.find((violation) => mutant.breaks.test(violation))
      }
      expect(found).toBeDefined()
    },
    60_000,
  )
})

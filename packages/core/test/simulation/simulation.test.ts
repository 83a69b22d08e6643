import { describe, expect, it } from '@jest/globals'
import { MUTANTS } from './mutants.ts'
import { Simulation } from './simulation.ts'

/** How many seeds are run; `SIMULATION_SEEDS=5000` for a long run. */
const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 250)

/** `SIMULATION_SEED=n` replays one. */
const ONLY = process.env['SIMULATION_SEED']

/** Within how many seeds a mutant has to be found. */
const MUTANT_SEEDS = 40

/** Seeds beyond the first that have found something. */
const TELLING = [330, 3339, 3777, 4719, 4951, 6481]

const first = Array.from({ length: SEEDS }, (_, index) => index + 1)
const seeds = ONLY === undefined ? [...new Set([...first, ...TELLING])] : [Number(ONLY)]

describe('a group, whatever happens to it', () => {
  for (const seed of seeds) {
    it(`loses nothing, does nothing twice and goes on: SIMULATION_SEED=${seed}`, async () => {
      const simulation = new Simulation(seed)
      const { violations } = await simulation.run()
      expect({ seed, plan: simulation.plan, violations }).toEqual({
        seed,
        plan: simulation.plan,
        violations: [],
      })
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
  })
})

describe('the simulation finds out when', () => {
  it.each(Object.entries(MUTANTS))('%s', async (_what, mutant) => {
    let found: string | undefined
    for (let seed = 1; seed <= MUTANT_SEEDS && found === undefined; seed++) {
      const { violations } = await new Simulation(seed, mutant).run()
      found = violations.find((violation) => mutant.breaks.test(violation))
    }
    expect(found).toBeDefined()
  })
})

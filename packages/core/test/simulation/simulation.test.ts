import { describe, expect, it } from '@jest/globals'
import { FEATURE_MUTANTS } from './feature-mutants.ts'
import { MUTANTS } from './mutants.ts'
import { Simulation } from './simulation.ts'

/** How many seeds are run; `SIMULATION_SEEDS=5000` for a long run. */
const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 250)

/** `SIMULATION_SEED=n` replays one. */
const ONLY = process.env['SIMULATION_SEED']

/** `SIMULATION_PLAIN=1` with it: of a group with nothing but one input, a table and an output. */
const ONLY_PLAIN = process.env['SIMULATION_PLAIN'] !== undefined

/** Within how many seeds a mutant has to be found. */
const MUTANT_SEEDS = 40

/** Seeds of plain groups that have found something. */
const TELLING_PLAIN = [330, 3339, 3777, 4719, 4951, 6481]

const first = Array.from({ length: SEEDS }, (_, index) => index + 1)
const runs =
  ONLY === undefined
    ? [
        ...first.map((seed) => ({ seed, plain: false })),
        ...TELLING_PLAIN.map((seed) => ({ seed, plain: true })),
      ]
    : [{ seed: Number(ONLY), plain: ONLY_PLAIN }]

describe('a group, whatever happens to it', () => {
  for (const { seed, plain } of runs) {
    const replay = `SIMULATION_SEED=${seed}${plain ? ' SIMULATION_PLAIN=1' : ''}`
    it(`loses nothing, does nothing twice and goes on: ${replay}`, async () => {
      const simulation = new Simulation(seed, { plain })
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
  it.each(Object.entries({ ...MUTANTS, ...FEATURE_MUTANTS }))('%s', async (_what, mutant) => {
    let found: string | undefined
    for (let seed = 1; seed <= MUTANT_SEEDS && found === undefined; seed++) {
      const { violations } = await new Simulation(seed, { mutant }).run()
      found = violations.find((violation) => mutant.breaks.test(violation))
    }
    expect(found).toBeDefined()
  })
})

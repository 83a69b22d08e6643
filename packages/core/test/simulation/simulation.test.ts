import { describe, expect, it } from '@jest/globals'
import { FEATURE_MUTANTS } from './feature-mutants.ts'
import { MUTANTS } from './mutants.ts'
import { Simulation } from './simulation.ts'

/** How many seeds are run; `SIMULATION_SEEDS=5000` for a long run. */
const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 150)

/** `SIMULATION_SEED=n` replays one, of a group as the seed has it and of a plain one. */
const ONLY = process.env['SIMULATION_SEED']

/** Within how many seeds a mutant has to be found. */
const MUTANT_SEEDS = 40

/** Seeds beyond the first that have found something. */
const TELLING = [161, 183, 274, 818]

/** Seeds of plain groups that have found something. */
const TELLING_PLAIN = [330, 3339, 3777, 4719, 4951, 6481]

const first = Array.from({ length: SEEDS }, (_, index) => index + 1)
const seeds = ONLY === undefined ? [...new Set([...first, ...TELLING])] : [Number(ONLY)]
const plainSeeds = ONLY === undefined ? TELLING_PLAIN : seeds

async function judge(seed: number, plain: boolean): Promise<void> {
  const simulation = new Simulation(seed, { plain })
  const { violations } = await simulation.run()
  const { plan } = simulation
  expect({ seed, plan, violations }).toEqual({ seed, plan, violations: [] })
}

describe('a group, whatever happens to it', () => {
  for (const seed of seeds) {
    it(`loses nothing, does nothing twice and goes on: SIMULATION_SEED=${seed}`, async () => {
      await judge(seed, false)
    })
  }

  for (const seed of plainSeeds) {
    it(`does so with one input, a table and an output alone: SIMULATION_SEED=${seed}`, async () => {
      await judge(seed, true)
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
  it.each(Object.entries({ ...MUTANTS, ...FEATURE_MUTANTS }))(
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

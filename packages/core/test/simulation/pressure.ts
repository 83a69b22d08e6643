import { cutTable, harmStore, remakeTable } from './harm.ts'
import type { Instance } from './instance.ts'
import type { Simulation } from './simulation.ts'

/** How often very many records come. */
const BURSTS = 2

/** Lets happen to the group what presses it hard. */
export async function press(simulation: Simulation): Promise<void> {
  const { dice, plan, slots } = simulation
  if (plan.bursts && simulation.bursts < BURSTS && dice.chance(8)) burst(simulation)
  if (plan.damages && dice.chance(2)) harmStore(simulation)
  if (plan.cuts && dice.chance(6)) await cutTable(simulation)
  if (plan.remakes && simulation.remade === undefined && dice.chance(12)) {
    await remakeTable(simulation)
  }
  if (plan.unseats && dice.chance(5)) {
    const instance = simulation.instance(dice.pick(slots))
    if (instance?.state === 'running') await unseat(simulation, instance)
  }
}

// Very many records come, and maybe nothing can be committed for a while.
function burst(simulation: Simulation): void {
  const { dice, plan, feed, ledger, broker } = simulation
  simulation.bursts++
  const count = 30 + dice.roll(90)
  ledger.note(`burst of ${count}`)
  if (plan.failure === 'fail') feed.burst(count, 'm')
  else if (plan.failure === 'skip' || dice.chance(2)) feed.burst(count)
  else feed.burst(count, 'poison', '.'.repeat(500))
  if (dice.chance(2)) return
  const operation = plan.guarantee === 'exactly-once' ? 'commit-transaction' : 'commit'
  const fault = broker.faults.hold({ operation, times: 100 }, 'request')
  simulation.heals.push({ atMs: simulation.clock.now() + 1_500, heal: () => fault.end() })
}

// The group does without a member in the middle of a commit; it comes back while the commit is on its way.
async function unseat(simulation: Simulation, { clientId, name }: Instance): Promise<void> {
  const { dice, plan, broker, clock, ledger, heals } = simulation
  const steps =
    plan.guarantee === 'exactly-once'
      ? (['produce', 'commit-transaction-offsets', 'commit-transaction'] as const)
      : (['produce', 'commit'] as const)
  const operation = dice.pick(steps)
  const awayMs = dice.pick([3_100, 3_500, 5_000])
  const lateMs = awayMs + dice.pick([0, 100, 1_000])
  ledger.note(`unseat ${name} for ${awayMs}, its ${operation} comes after ${lateMs}`)
  const beat = broker.faults.hold({ operation: 'heartbeat', clientId, times: 1_000 }, 'request')
  const late = broker.faults.hold({ operation, clientId }, 'request')
  heals.push({ atMs: clock.now() + awayMs, heal: () => beat.end() })
  heals.push({ atMs: clock.now() + lateMs, heal: () => late.end() })
  simulation.feed.round()
  await simulation.pass(lateMs)
}

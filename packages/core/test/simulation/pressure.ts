import { cutTable, harmStore, remakeTable } from './harm.ts'
import type { Instance } from './instance.ts'
import type { Simulation } from './simulation.ts'

/** For how long a member is cut off: a little longer than its session lasts without it, milliseconds. */
const AWAY_MS = 3_100

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
  if (plan.unseats) simulation.commitDelayMs = dice.pick([0, 0, 200, 700])
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

// A member is cut off in the middle of a commit until the group does without it. It is back while the commit is on its way.
async function unseat(simulation: Simulation, { clientId, name }: Instance): Promise<void> {
  const { dice, plan, broker, clock, cut, feed, ledger, heals } = simulation
  const steps =
    plan.guarantee === 'exactly-once'
      ? (['produce', 'commit-transaction-offsets', 'commit-transaction'] as const)
      : (['produce', 'commit'] as const)
  const operation = dice.pick([...steps, 'client', 'client'] as const)
  const lateMs = AWAY_MS + dice.pick([300, 500, 700])
  ledger.note(`unseat ${name}, ${operation} comes after ${lateMs}`)
  simulation.commitDelayMs = operation === 'client' ? lateMs : 0
  const late =
    operation === 'client'
      ? undefined
      : broker.faults.hold({ operation, clientId, times: 10 }, 'request')
  heals.push({ atMs: clock.now() + lateMs, heal: () => late?.end() })
  feed.probe()
  await simulation.pass(dice.pick([30, 110]))
  simulation.commitDelayMs = 0
  if (cut.has(clientId)) return
  cut.add(clientId)
  broker.faults.disconnect(clientId)
  await simulation.pass(AWAY_MS)
  cut.delete(clientId)
  broker.faults.reconnect(clientId)
  await simulation.pass(1_000)
}

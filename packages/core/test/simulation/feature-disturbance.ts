import { visit } from './disturbance.ts'
import type { Simulation } from './simulation.ts'

/** Lets something happen to what a plain group does not have. */
export function disturbFeatures(simulation: Simulation): void {
  const { dice, plan, follower, broker, ledger } = simulation
  if (plan.visits && dice.chance(4)) {
    const instance = simulation.instance(dice.pick(simulation.slots))
    if (instance !== undefined) visit(simulation, instance)
  }
  if (follower === undefined || !dice.chance(8)) return
  if (dice.chance(2)) {
    follower.crash()
    return
  }
  const { clientId } = follower
  const lapseMs = dice.pick([10, 500, 2_000, 9_000])
  ledger.note(`cut ${clientId} off for ${lapseMs}`)
  broker.faults.disconnect(clientId)
  simulation.heals.push({
    atMs: simulation.clock.now() + lapseMs,
    heal: () => broker.faults.reconnect(clientId),
  })
}

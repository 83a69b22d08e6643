import type { Simulation } from './simulation.ts'
import { JOINED, LOOKED_UP, TABLE } from './topics.ts'

/** Compacts topics of tables, after what goes was read for the judgement. */
export async function compactTables(simulation: Simulation): Promise<void> {
  const { broker, dice, ledger, tap, topics } = simulation
  if (simulation.isDown) return
  await tap?.catchUp()
  for (const topic of [TABLE, JOINED, LOOKED_UP]) {
    if (topics[topic] === undefined || dice.chance(3)) continue
    ledger.note(`compact ${topic}`)
    broker.compact(topic)
  }
}

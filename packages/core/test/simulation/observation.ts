import type { Simulation } from './simulation.ts'
import { GROUP, INPUTS } from './topics.ts'

/** I4 and I7, in the middle of a run: what is committed is done, and no two members process a partition. */
export async function observe(simulation: Simulation): Promise<void> {
  await simulation.settle()
  const { ledger, instances, cut, admin, plan } = simulation
  const owners = new Map<number, string>()
  for (const { state, processor, name, clientId } of instances) {
    // One that cannot be told that it has lost them, or is still busy with a revocation, may believe that it has them.
    if (plan.zombies && !simulation.isHealed) break
    if (state !== 'running' || cut.has(clientId) || simulation.isDown) continue
    // Nor is anything processed where a record has failed for good, however long the last commit takes.
    if (processor.state.current !== 'running' || ledger.failing.has(name)) continue
    for (const partition of processor.partitions) {
      const other = owners.get(partition)
      if (other !== undefined)
        ledger.violate('I7', `${name} and ${other} both process partition ${partition}`)
      owners.set(partition, name)
    }
  }
  await simulation.follower?.read()
  if (plan.rich) for (const instance of instances) await instance.read()
  if (simulation.isDown) return
  const committed = admin.groupOffsets(GROUP)
  await simulation.settle()
  for (const { topic, partition, offset } of await committed) {
    if (INPUTS.includes(topic)) ledger.sawCommitted(topic, partition, offset)
  }
  // After the offsets: what was written with them is here then.
  await simulation.tap?.catchUp()
}

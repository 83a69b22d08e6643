import type { Instance } from './instance.ts'
import { observe } from './observation.ts'
import { mayOverwrite } from './plan.ts'
import type { Simulation } from './simulation.ts'
import { INPUT, LOOP, TABLE, TICKS } from './topics.ts'

/** How long everything may take to be processed once all is well again, milliseconds of the run. */
const DRAIN_MS = 120_000

/** How many instances there may be, one after the other: those that end over records that their callbacks do not take. */
const MOST_INSTANCES = 100

/** Ends everything that goes wrong. */
export async function heal(simulation: Simulation): Promise<void> {
  const { disks, heals, instances, plan, slots } = simulation
  for (const disk of disks.values()) disk.onWrite = () => {}
  simulation.mend()
  simulation.commitDelayMs = 0
  for (const instance of instances) instance.thaw()
  await simulation.pass(0)
  await simulation.pass(5_000)
  for (const { heal } of heals.splice(0)) heal()
  await simulation.pass(0)
  // What was delayed is on its way for as long as a lapse, and somebody may still be taken for dead for it.
  if (plan.rich && plan.zombies) await simulation.pass(10_000)
  simulation.isHealed = true
  if (instances.every(({ state }) => state !== 'running')) simulation.start(slots[0] as string)
}

/** I10: everything is processed in a bounded time, and nobody is started without end for it. Returns whether it is. */
export async function drain(simulation: Simulation): Promise<boolean> {
  const { plan, ledger, instances, clock } = simulation
  // A record whose commit is deferred may hold all others back, one by one, and very many take long.
  const endMs = clock.now() + DRAIN_MS * (plan.defers || plan.bursts ? 5 : 1)
  // A step lets each chain of timers go on by one.
  const longestMs = plan.callbackMs === 0 ? 2_000 : plan.callbackMs
  for (let stepMs = 20; ; stepMs = Math.min(stepMs * 1.3, longestMs)) {
    // Whoever looks after the group starts it again.
    if (instances.every(({ isLive }) => !isLive)) simulation.start(simulation.slots[0] as string)
    await simulation.pass(Math.round(stepMs))
    await observe(simulation)
    const behind = await inputsBehind(simulation)
    const owned = new Set(
      instances.flatMap(({ state, processor }) =>
        state === 'running' ? processor.partitions : [],
      ),
    )
    if (behind.length === 0 && owned.size === plan.partitions && ledger.unacknowledged === 0)
      return true
    if (clock.now() > endMs || instances.length > MOST_INSTANCES) {
      const states = instances.map(
        ({ name, state, processor }) =>
          `${name} ${state} ${processor.state.current} [${processor.partitions.join()}]`,
      )
      ledger.violate(
        'I10',
        `not processed in time: ${JSON.stringify(behind)}, unacknowledged ${ledger.unacknowledged}, ${states.join('; ')}`,
      )
      return false
    }
  }
}

// Where there is more than the group has committed.
async function inputsBehind(simulation: Simulation) {
  const { plan, ledger, admin, tap, topics } = simulation
  const numbers = Array.from({ length: plan.partitions }, (_, partition) => partition)
  const foreign = [INPUT, TICKS].filter((topic) => topics[topic] !== undefined)
  const asked = admin.offsets(
    foreign.flatMap((topic) => numbers.map((partition) => ({ topic, partition }))),
    'latest',
  )
  await simulation.settle()
  // The end of the loop may be that of a transaction: only its records count.
  const looped = numbers.map((partition) => {
    const last = tap?.records(LOOP, partition).at(-1)
    return { topic: LOOP, partition, offset: last === undefined ? 0 : last.offset + 1 }
  })
  return [...(await asked), ...looped].filter(
    ({ topic, partition, offset }) => (ledger.committed.get(`${topic}/${partition}`) ?? 0) < offset,
  )
}

/** I5, I10: after a while nothing is written any more, tables are read to their ends, and what is new sees all of it. */
export async function probe(simulation: Simulation): Promise<void> {
  const { feed, ledger, topics, tap } = simulation
  await simulation.pass(3_000)
  await tap?.catchUp()
  const before = await ends(simulation)
  await simulation.pass(3_000)
  const after = await ends(simulation)
  if (after.join() !== before.join()) {
    const names = Object.keys(topics).join()
    ledger.violate(
      'I10',
      `nothing is to be done and ${names} go from ${before.join()} to ${after.join()}`,
    )
  }
  checkFollowed(simulation)
  feed.joined.isSettled = true
  feed.lookedUp.isSettled = true
  feed.probe()
  await drain(simulation)
}

async function ends(simulation: Simulation): Promise<readonly number[]> {
  const { admin, topics } = simulation
  const partitions = Object.entries(topics).flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  )
  const asked = admin.offsets(partitions, 'latest')
  await simulation.settle()
  return (await asked).map(({ offset }) => offset)
}

// The tables of who processes a partition, and those of all partitions on a standby, are at the ends of their topics.
function checkFollowed({ plan, ledger, instances, tap }: Simulation): void {
  for (const { name, state, processor } of instances) {
    if (state !== 'running') continue
    const { partitions, standbys } = processor.report()
    // Without standbys, those are tables that wait whether their partition comes back.
    const kept = plan.standby === 'all' ? standbys : []
    const tables = [...partitions.flatMap((one) => one.tables), ...kept]
    for (const { topic, partition, position } of tables) {
      const last = tap?.records(topic, partition).at(-1)?.offset ?? -1
      // Its owner learns what a stranger has written when it writes the next time.
      if (position > last || (topic === TABLE && mayOverwrite(plan))) continue
      ledger.violate(
        'I5',
        `the table of ${name} for ${topic}/${partition} is at ${position}, its topic ends with ${last}`,
      )
    }
    const count = new Set(tables.map(({ partition }) => partition)).size
    if (plan.standby === 'all' && count < plan.partitions) {
      ledger.violate('I5', `${name} keeps the tables of ${count} partitions of ${plan.partitions}`)
    }
  }
}

/** An input gains a partition: everybody ends over it, and so does whoever comes then. */
export async function grow(simulation: Simulation): Promise<void> {
  const { admin, instances, ledger, plan, slots } = simulation
  simulation.isGrown = true
  const grown = admin.createPartitions(INPUT, plan.partitions + 1)
  await simulation.settle()
  await grown
  const atEnd = instances.filter(({ isLive }) => isLive)
  for (let second = 0; second < 60 && atEnd.some(({ isLive }) => isLive); second++) {
    await simulation.pass(1_000)
  }
  const free = slots.find((slot) => simulation.instance(slot) === undefined)
  if (free !== undefined) {
    simulation.start(free)
    await simulation.pass(5_000)
    atEnd.push(instances.at(-1) as Instance)
  }
  for (const { name, failure } of atEnd) {
    if (failure === 'GOKA_TOPIC_MISMATCH') continue
    ledger.violate('I10', `${name} has not ended over a new partition: ${failure}`)
  }
}

/** I10, I12: everybody stops and leaves nothing behind. */
export async function stopAll(simulation: Simulation): Promise<void> {
  const { disks, instances, ledger, plan, tap } = simulation
  const owners = instances.flatMap(({ name, state, processor }) =>
    state === 'running' ? processor.partitions.map((partition) => ({ name, partition })) : [],
  )
  for (const instance of instances) instance.stop()
  for (let second = 0; second < 60; second++) {
    await simulation.pass(1_000)
    if (instances.every(({ isLive }) => !isLive)) break
  }
  for (const { name, isLive } of instances) {
    if (isLive) ledger.violate('I10', `${name} does not stop`)
  }
  // Clients that were being made when the processor ended have a while to be closed.
  await simulation.pass(12_000)
  for (const { name, state, clock, processor } of instances) {
    if (state !== 'stopped') continue
    if (clock.waiting > 0) ledger.violate('I12', `${name} has left ${clock.waiting} timers`)
    if (processor.report().partitions.length > 0) {
      ledger.violate('I12', `${name} has stopped and still has partitions`)
    }
  }
  await observe(simulation)
  if (!plan.rich || mayOverwrite(plan)) return
  // I11: who has stopped in peace has nothing to read again.
  for (const { name, partition } of owners) {
    const last = tap?.records(TABLE, partition).at(-1)?.offset ?? -1
    const store = disks.get(name[0] as string)?.file(TABLE, partition)
    const position = store?.checkpoint?.position ?? 0
    if (position <= last) {
      ledger.violate(
        'I11',
        `${name} has left its store of ${TABLE}/${partition} at ${position}, the topic ends with ${last}`,
      )
    }
  }
}

/** Nothing of the run may meet the next one. */
export async function bury(simulation: Simulation): Promise<void> {
  const { broker, disks, instances, follower } = simulation
  await broker.close()
  for (const disk of disks.values()) disk.crash()
  const buried = Promise.all([...instances.map((instance) => instance.bury()), follower?.bury()])
  for (let second = 0; second < 40; second++) await simulation.pass(1_000)
  await buried
  await simulation.settle()
}

import { GokaError } from '@goka/interface'
import type { Fault, Operation } from '@goka/kafka-embedded'
import type { Instance } from './instance.ts'
import type { Simulation } from './simulation.ts'
import { INPUTS, JOINED, LOOKED_UP, LOOP, OUTPUT, TABLE } from './topics.ts'

const SHARED: readonly Operation[] = [
  'connect',
  'metadata',
  'admin',
  'produce',
  'fetch',
  'join',
  'heartbeat',
  'leave',
  'committed',
]
const PLAIN: readonly Operation[] = ['commit', 'commit', 'produce']
const TRANSACTIONAL: readonly Operation[] = [
  'init-producer',
  'begin-transaction',
  'commit-transaction-offsets',
  'commit-transaction',
  'commit-transaction',
  'abort-transaction',
]

/** Lets something happen to the group, or go wrong. */
export function disturb(simulation: Simulation): void {
  const { dice, plan, ledger } = simulation
  const slot = dice.pick(simulation.slots)
  const instance = simulation.instance(slot)
  if (instance === undefined) {
    if (dice.chance(12)) {
      ledger.note(`the disk of ${slot} is lost`)
      simulation.disks.get(slot)?.wipe()
    }
    if (dice.roll(4) > 0) simulation.start(slot)
    return
  }
  switch (dice.roll(14)) {
    case 0:
      ledger.note(`stop ${instance.name}`)
      return instance.stop()
    case 1:
      return instance.crash()
    case 2:
    case 3:
    case 4:
      return crashAt(simulation, instance)
    case 5:
    case 6:
      return plan.zombies ? freeze(simulation, instance) : fail(simulation, instance)
    case 7:
      return cut(simulation, instance)
    case 8:
      return fail(simulation, instance)
    case 9:
    case 10:
      return lose(simulation, instance)
    case 11:
      return slow(simulation, instance)
    case 12:
      return down(simulation)
    default:
      return visit(simulation, instance)
  }
}

function operation({ dice, plan }: Simulation): Operation {
  const own = plan.guarantee === 'exactly-once' ? TRANSACTIONAL : PLAIN
  return dice.pick([...own, ...own, ...SHARED])
}

function written({ topics }: Simulation): readonly string[] {
  return [TABLE, OUTPUT, LOOP].filter((topic) => topics[topic] !== undefined)
}

function read({ topics }: Simulation): readonly string[] {
  return [...INPUTS, TABLE, JOINED, LOOKED_UP].filter((topic) => topics[topic] !== undefined)
}

function endLater(simulation: Simulation, fault: { end(): void }, afterMs: number): void {
  const atMs = simulation.clock.now() + afterMs
  simulation.heals.push({ atMs, heal: () => fault.end() })
}

/** How long something may go wrong without that anybody is taken for dead, unless the plan has that. */
function lapseMs({ dice, plan }: Simulation): number {
  return dice.pick(plan.zombies ? [10, 500, 2_000, 5_000, 9_000] : [10, 100, 500, 1_500])
}

// A crash at a step of a commit, a write to the disk, or whatever it does next.
function crashAt(simulation: Simulation, instance: Instance): void {
  const { dice, broker, disks, ledger } = simulation
  const { clientId, name } = instance
  if (dice.chance(4)) {
    const disk = disks.get(name[0] as string)
    const point = dice.pick(['before', 'after'])
    ledger.note(`crash ${name} at the disk, ${point}`)
    if (disk === undefined) return
    const once = (when: 'before' | 'after'): void => {
      if (when !== point) return
      disk.onWrite = () => {}
      instance.crash()
    }
    disk.onWrite = once
    return
  }
  const what = dice.pick(['request', 'answer'] as const)
  const asked = operation(simulation)
  const topic = asked === 'produce' ? dice.pick(written(simulation)) : undefined
  ledger.note(`crash ${name} at the ${what} of ${asked} ${topic}`)
  const fault = broker.faults.hold(
    { operation: asked, clientId, ...(topic !== undefined && { topic }) },
    what,
  )
  void fault.met().then(() => instance.crash())
  // What was on its way still arrives.
  endLater(simulation, fault, dice.pick([0, 10, 500, 1_500]))
}

function freeze(simulation: Simulation, instance: Instance): void {
  const lapse = lapseMs(simulation)
  simulation.ledger.note(`freeze ${instance.name} for ${lapse}`)
  instance.freeze()
  endLater(simulation, { end: () => instance.thaw() }, lapse)
}

function cut(simulation: Simulation, instance: Instance): void {
  const { clientId, name } = instance
  const { broker, cut } = simulation
  if (cut.has(clientId)) return
  const lapse = lapseMs(simulation)
  simulation.ledger.note(`cut ${name} off for ${lapse}`)
  cut.add(clientId)
  broker.faults.disconnect(clientId)
  const end = (): void => {
    cut.delete(clientId)
    // What a process that is gone has not sent never arrives.
    if (instance.state !== 'crashed') broker.faults.reconnect(clientId)
  }
  endLater(simulation, { end }, lapse)
}

function fail(simulation: Simulation, { clientId, name }: Instance): void {
  const { dice, broker, plan, ledger } = simulation
  const asked = operation(simulation)
  ledger.note(`fail ${asked} of ${name}`)
  const details = { operation: asked, retriable: true, reason: 'INJECTED' }
  const aborts = ['produce', 'commit-transaction-offsets', 'commit-transaction'].includes(asked)
  const error =
    plan.guarantee === 'exactly-once' && aborts && dice.chance(2)
      ? new GokaError('GOKA_TRANSPORT_ABORTABLE', 'injected', details)
      : new GokaError('GOKA_TRANSPORT_FAILED', 'injected', details)
  const fault = broker.faults.fail(
    { operation: asked, clientId, times: dice.pick([1, 1, 2]) },
    error,
  )
  endLater(simulation, fault, lapseMs(simulation))
}

function lose(simulation: Simulation, { clientId, name }: Instance): void {
  const { dice, broker, ledger } = simulation
  const asked = operation(simulation)
  const what = dice.pick(['request', 'answer'] as const)
  ledger.note(`lose the ${what} of ${asked} of ${name}`)
  const retry = dice.pick([undefined, true, asked === 'produce' ? false : undefined])
  const target = { operation: asked, clientId }
  const fault: Fault = broker.faults.lose(target, what, retry === undefined ? {} : { retry })
  endLater(simulation, fault, lapseMs(simulation))
}

// A partition or a coordinator that answers late, or not for a while.
function slow(simulation: Simulation, { clientId, name }: Instance): void {
  const { dice, broker, plan, ledger } = simulation
  const asked = operation(simulation)
  const where =
    asked === 'produce'
      ? { topic: dice.pick(written(simulation)), partition: dice.roll(plan.partitions) }
      : asked === 'fetch' && plan.rich
        ? { topic: dice.pick(read(simulation)) }
        : {}
  const target = { operation: asked, clientId, ...where, times: dice.pick([1, 5]) }
  const lapse = lapseMs(simulation)
  ledger.note(`slow ${asked} of ${name}: ${lapse}`)
  if (dice.chance(2)) {
    endLater(simulation, broker.faults.delay({ ...target, times: 1 }, lapse), lapse)
  } else {
    endLater(simulation, broker.faults.hold(target, dice.pick(['request', 'answer'])), lapse)
  }
}

function down(simulation: Simulation): void {
  const { broker, ledger } = simulation
  if (simulation.isDown) return
  const lapse = lapseMs(simulation)
  ledger.note(`down for ${lapse}`)
  simulation.isDown = true
  broker.faults.down()
  const end = (): void => {
    simulation.isDown = false
    broker.faults.up()
  }
  endLater(simulation, { end }, lapse)
}

/** Visits all keys that an instance has. */
export function visit(simulation: Simulation, { memory, processor, name }: Instance): void {
  const { ledger, tap } = simulation
  const mark = `mark${++simulation.marks}`
  ledger.note(`visit ${name}: ${mark}`)
  // Who has lost a partition and cannot know it yet has nothing to tell of it.
  const own = processor.partitions.filter(
    (one) => ledger.tenures.findLast(({ partition }) => partition === one)?.owner === name,
  )
  const known = new Map(own.map((one) => [one, tap?.records(TABLE, one).length ?? 0]))
  memory.visits++
  processor.visitAll('mark', mark).then(
    (count) => {
      memory.visits--
      ledger.note(`visited ${name}: ${count}`)
      ledger.visits.push({ owner: name, mark, known, count })
    },
    (error: unknown) => {
      memory.visits--
      ledger.note(`visit of ${name} ended: ${(error as { code?: string }).code}`)
    },
  )
}

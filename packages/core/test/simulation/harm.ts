import { fnv1a } from '@goka/core'
import type { StoredFile } from './disk.ts'
import { observe } from './observation.ts'
import type { Simulation } from './simulation.ts'
import type { Found } from './topic-log.ts'
import { OUTPUT, TABLE } from './topics.ts'

/** How long what was asked of the broker may be on its way, and transactions of the dead open, milliseconds. */
const SETTLED_MS = 20_000

/** What a value becomes in a store that is worth nothing. */
const RUIN = Buffer.from('ruin#0')

/** When the table's topic was made anew, and what had happened by then. */
export interface Remade {
  readonly atMs: number
  /** How many calls there had been. */
  readonly calls: number
  /** What was committed of the inputs. */
  readonly committed: ReadonlyMap<string, number>
  /** How many records each partition of the output had. */
  readonly told: readonly number[]
}

/** Keeps a copy of a store, or does harm to one that nobody has open. */
export function harmStore(simulation: Simulation): void {
  const { dice, disks, ledger, plan, slots } = simulation
  const slot = dice.pick(slots)
  const disk = disks.get(slot)
  const [id, file] = dice.pick([...(disk?.files ?? [])]) ?? []
  if (disk === undefined || id === undefined || file === undefined) return
  const isTable = simulation.topics[file.name.topic] !== undefined
  if (dice.chance(3) && !file.isSpoiled) disk.copies.set(id, copyOf(file))
  if (simulation.instance(slot) !== undefined) return
  const harm = dice.pick(isTable ? HARMS : HARMS.slice(0, 2))
  const copy = disk.copies.get(id)
  if (harm === 'older' && copy === undefined) return
  ledger.note(`the store of ${slot} for ${file.name.topic}/${file.name.partition} is ${harm}`)
  disk.files.delete(id)
  if (harm === 'lost') return
  if (harm === 'older' && copy !== undefined) {
    disk.files.set(id, copyOf(copy))
    return
  }
  const { checkpoint } = file
  const isGarbled = harm === 'garbled'
  disk.files.set(id, {
    name: file.name,
    values: new Map(plan.keys.map((key) => [key, RUIN])),
    checkpoint:
      harm === 'ahead' && checkpoint !== undefined
        ? { ...checkpoint, position: checkpoint.position + 1_000 }
        : undefined,
    isGarbled,
    isSpoiled: true,
  })
}

const HARMS = ['lost', 'garbled', 'without a position', 'ahead', 'older'] as const

function copyOf({ name, values, checkpoint }: StoredFile): StoredFile {
  const position = checkpoint && { ...checkpoint }
  return { name, values: new Map(values), checkpoint: position, isGarbled: false, isSpoiled: false }
}

/** Deletes the start of the table's topic, as far as it has no last value of a key. */
export async function cutTable(simulation: Simulation): Promise<void> {
  const { admin, cuts, ledger, plan, tap } = simulation
  if (simulation.isDown || tap === undefined) return
  await tap.catchUp()
  const offsets = Array.from({ length: plan.partitions }, (_, partition) => {
    return { topic: TABLE, partition, offset: firstOfValue(tap.current(TABLE, partition)) }
  })
  for (const { partition, offset } of offsets) cuts[partition] = offset
  ledger.note(`cut the table to ${cuts.join()}`)
  const deleted = admin.deleteRecords(offsets)
  await simulation.settle()
  await deleted
}

// The offset of the first record that a reader of the whole needs.
function firstOfValue(records: readonly Found[]): number {
  const last = new Map(records.map((found) => [found.key, found]))
  const needed = [...last.values()].filter(({ value }) => value !== null)
  const end = (records.at(-1)?.offset ?? -1) + 1
  return Math.min(end, ...needed.map(({ offset }) => offset))
}

/** Everybody goes, the table's topic is deleted, and made anew before anybody comes back. */
export async function remakeTable(simulation: Simulation): Promise<void> {
  const { admin, clock, cuts, dice, disks, instances, ledger, plan, tap } = simulation
  if (tap === undefined) return
  for (const instance of instances) {
    if (instance.state === 'frozen' || dice.chance(2)) instance.crash()
    else instance.stop()
  }
  for (const disk of disks.values()) disk.onWrite = () => {}
  simulation.mend()
  await simulation.pass(SETTLED_MS)
  for (const instance of instances) instance.crash()
  await simulation.pass(SETTLED_MS)
  await observe(simulation)
  await tap.leave(TABLE)
  const deleted = admin.deleteTopic(TABLE)
  await simulation.settle()
  await deleted
  await simulation.createTopic(TABLE)
  await tap.begin(TABLE, (partition) =>
    plan.keys.filter((key) => fnv1a.partition(key, plan.partitions) === partition),
  )
  cuts.length = 0
  const told = Array.from({ length: plan.partitions }, (_, one) => tap.records(OUTPUT, one).length)
  simulation.remade = {
    atMs: clock.now(),
    calls: ledger.nextCall,
    committed: new Map(ledger.committed),
    told,
  }
  ledger.note('the table is made anew')
  await simulation.pass(1)
}

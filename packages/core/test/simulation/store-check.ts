import type { StoredFile } from './disk.ts'
import type { Evidence } from './evidence.ts'
import { compacted, textOf } from './topic-log.ts'
import { INPUTS, TABLE } from './topics.ts'

/** I5, I6: each store holds what its topic had at its position, and is not ahead of what is committed. */
export function checkStores(evidence: Evidence): void {
  const { disks, follower } = evidence.simulation
  for (const [slot, disk] of disks) {
    for (const file of disk.files.values()) checkStore(evidence, slot, file)
  }
  for (const file of follower?.disk.files.values() ?? []) checkStore(evidence, 'follower', file)
}

function checkStore(evidence: Evidence, slot: string, file: StoredFile) {
  const { ledger, plan, remade, topics } = evidence.simulation
  const { name, values, checkpoint } = file
  const { topic, partition } = name
  // The processor also keeps who it is.
  if (topics[topic] === undefined || file.isSpoiled) return
  const isOfBefore =
    topic === TABLE && remade !== undefined && (checkpoint?.timeMs ?? 0) <= remade.atMs
  if (isOfBefore) return
  const position = checkpoint?.position ?? 0
  const has = new Map([...values].map(([key, value]) => [key, textOf(value) ?? '']))
  const expected = compacted(evidence.current(topic, partition), partition, position)
  // A recovery on its way has missed what was compacted away or cut off, and finds what has come in its place further on.
  const isReplaced = (key: string): boolean =>
    (plan.compaction !== 'none' || plan.cuts) &&
    evidence
      .current(topic, partition)
      .some((found) => found.key === key && found.offset >= position)
  const wrong = [...new Set([...has.keys(), ...expected.keys()])].filter(
    (key) => has.get(key) !== expected.get(key) && !isReplaced(key),
  )
  if (wrong.length > 0) {
    ledger.violate(
      'I5',
      `the store of ${slot} for ${topic}/${partition} at ${position} has {${linesOf(has)}}, the topic had {${linesOf(expected)}}`,
    )
  }
  for (const input of INPUTS) {
    const at = checkpoint?.inputs[input] ?? 0
    if (at > (ledger.committed.get(`${input}/${partition}`) ?? 0)) {
      ledger.violate(
        'I6',
        `the store of ${slot} for ${partition} has the position ${at} of ${input}, past what is committed`,
      )
    }
  }
}

function linesOf(table: ReadonlyMap<string, string>): string {
  return [...table]
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(', ')
}

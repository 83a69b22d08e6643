import type { StoredFile } from './disk.ts'
import type { Evidence } from './evidence.ts'
import { compacted, textOf } from './topic-log.ts'
import { INPUTS } from './topics.ts'

/** I5, I6: each store holds what its topic had at its position, and is not ahead of what is committed. */
export function checkStores(evidence: Evidence): void {
  const { disks, follower } = evidence.simulation
  for (const [slot, disk] of disks) {
    for (const file of disk.files.values()) checkStore(evidence, slot, file)
  }
  for (const file of follower?.disk.files.values() ?? []) checkStore(evidence, 'follower', file)
}

function checkStore(evidence: Evidence, slot: string, { name, values, checkpoint }: StoredFile) {
  const { ledger, topics } = evidence.simulation
  const { topic, partition } = name
  // The processor also keeps who it is.
  if (topics[topic] === undefined) return
  const position = checkpoint?.position ?? 0
  const has = linesOf(new Map([...values].map(([key, value]) => [key, textOf(value) ?? ''])))
  const expected = linesOf(compacted(evidence.log(topic), partition, position))
  if (has !== expected) {
    ledger.violate(
      'I5',
      `the store of ${slot} for ${topic}/${partition} at ${position} has {${has}}, the topic had {${expected}}`,
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

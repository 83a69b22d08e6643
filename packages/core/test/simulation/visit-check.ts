import type { Evidence } from './evidence.ts'
import type { Visit } from './ledger.ts'
import { callOf } from './model.ts'
import { compacted } from './topic-log.ts'
import { TABLE } from './topics.ts'

/** I1: a visit that has ended well has called for all keys, as many as it tells, and what it wrote is in the table's topic. */
export function checkVisits(evidence: Evidence): void {
  const { ledger } = evidence.simulation
  for (const visit of ledger.visits) {
    const { owner, mark, count } = visit
    const calls = ledger.calls.filter(
      ({ topic, tenure }) => topic === `mark ${mark}` && tenure.owner === owner,
    )
    if (calls.length !== count) {
      ledger.violate('I1', `the visit ${mark} of ${owner} tells ${count} keys, not ${calls.length}`)
    }
    checkAll(evidence, visit, new Set(calls.map(({ key }) => key)))
    for (const { number, key, after, tenure } of calls) {
      if (after === undefined) continue
      const isDeleted = tenure.calls.some(
        (call) => call.number > number && call.key === key && call.done && call.after === undefined,
      )
      const isThere = evidence.versions(key).some((value) => wordsOf(value).includes(mark))
      if (!isDeleted && !isThere) {
        ledger.violate('I1', `the visit ${mark} of ${owner} has left no trace in "${key}"`)
      }
    }
  }
}

// It has called for every key that was there when it began.
function checkAll(
  evidence: Evidence,
  { owner, mark, known }: Visit,
  visited: ReadonlySet<string>,
): void {
  const { ledger } = evidence.simulation
  for (const [partition, count] of known) {
    const there = compacted(
      evidence.partition(TABLE, partition).slice(0, count),
      partition,
      Infinity,
    )
    for (const [key, value] of there) {
      // It may have been deleted before the visit, or in front of it.
      const isDeleted = ledger.calls.some(
        (call) =>
          call.number > callOf(value) && call.key === key && call.done && call.after === undefined,
      )
      if (!isDeleted && !visited.has(key)) {
        ledger.violate('I1', `the visit ${mark} of ${owner} has left "${key}" out`)
      }
    }
  }
}

function wordsOf(value: string | undefined): readonly string[] {
  return value?.replace(/#.*/, '').split(' ') ?? []
}

import type { Evidence } from './evidence.ts'

/** I1: a visit that has ended well has called for as many keys as it tells, and what it wrote is in the table's topic. */
export function checkVisits(evidence: Evidence): void {
  const { ledger } = evidence.simulation
  for (const { owner, mark, count } of ledger.visits) {
    const calls = ledger.calls.filter(
      ({ topic, tenure }) => topic === `mark ${mark}` && tenure.owner === owner,
    )
    if (calls.length !== count) {
      ledger.violate('I1', `the visit ${mark} of ${owner} tells ${count} keys, not ${calls.length}`)
    }
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

function wordsOf(value: string | undefined): readonly string[] {
  return value?.replace(/#.*/, '').split(' ') ?? []
}

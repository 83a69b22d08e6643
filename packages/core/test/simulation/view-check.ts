import type { Evidence } from './evidence.ts'

/** I5: a view that has read everything sees the last value of each key, and nothing else. */
export function checkViews(evidence: Evidence): void {
  const { ledger, plan, seen } = evidence.simulation
  const lines = (valueOf: (key: string) => string | undefined): string =>
    plan.keys.map((key) => `${key}=${valueOf(key)}`).join(', ')
  const expected = lines((key) => evidence.value(key))
  for (const view of seen) {
    const found = lines((key) => view[key])
    const extra = Object.keys(view).filter((key) => !plan.keys.includes(key))
    if (found !== expected || extra.length > 0) {
      ledger.violate('I5', `a view sees {${found}}, the topic has {${expected}}`)
    }
  }
}

/** I5: a view sees the values of a key in the order of the topic, none that was aborted, through restarts too. */
export function checkFollower(evidence: Evidence): void {
  const { ledger, follower } = evidence.simulation
  for (const [key, reads] of follower?.reads ?? []) {
    const versions = evidence.versions(key)
    let at = 0
    for (const value of reads) {
      const found = versions.indexOf(value, at)
      if (found < 0) {
        ledger.violate(
          'I5',
          `a view sees [${value}] for "${key}" after [${versions.slice(0, at + 1).join('], [')}]`,
        )
        break
      }
      at = found
    }
  }
}

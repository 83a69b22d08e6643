/** One call of a callback. */
interface Call {
  readonly key: string
  readonly offset: number
}

/** The time for which an instance has a partition: within it, the records of a key come one by one and in order. */
export class Tenure {
  readonly owner: string
  readonly partition: number
  readonly calls: Call[] = []
  /** Keys with a callback under way. */
  readonly busy = new Set<string>()
  readonly #attempts = new Map<number, number>()

  constructor(owner: string, partition: number) {
    this.owner = owner
    this.partition = partition
  }

  /** How often the record was tried, with this time. */
  attempt(offset: number): number {
    const attempts = (this.#attempts.get(offset) ?? 0) + 1
    this.#attempts.set(offset, attempts)
    return attempts
  }
}

/** What happened in a run, and what was wrong with it. */
export class Ledger {
  readonly violations: string[] = []
  readonly tenures: Tenure[] = []
  /** `partition/offset` of the records whose callback has ended, well or for good. */
  readonly finished = new Set<string>()
  /** `partition/offset` -> value, of what was emitted and acknowledged. */
  readonly emitted = new Map<string, string | null>()
  /** Emits that are not acknowledged yet. */
  unacknowledged = 0
  /** Input partition -> what was last seen to be committed. */
  readonly committed = new Map<number, number>()
  readonly trace: string[] = []

  violate(invariant: string, what: string): void {
    if (this.violations.length < 20) this.violations.push(`${invariant}: ${what}`)
  }

  note(what: string): void {
    this.trace.push(what)
  }

  tenure(owner: string, partition: number): Tenure {
    const tenure = new Tenure(owner, partition)
    this.tenures.push(tenure)
    return tenure
  }

  began(tenure: Tenure, key: string, offset: number): void {
    if (tenure.busy.has(key)) {
      this.violate(
        'I8',
        `${tenure.owner} calls for "${key}" at ${tenure.partition}/${offset} beside an earlier call`,
      )
    }
    tenure.busy.add(key)
    tenure.calls.push({ key, offset })
  }

  ended(tenure: Tenure, key: string, offset: number, done: boolean): void {
    tenure.busy.delete(key)
    if (done) this.finished.add(`${tenure.partition}/${offset}`)
  }

  /** Checks offsets that the group has committed. */
  sawCommitted(partition: number, offset: number): void {
    const before = this.committed.get(partition) ?? 0
    if (offset < before) {
      this.violate(
        'I4',
        `the committed offset of ${partition} went back from ${before} to ${offset}`,
      )
    }
    for (let at = before; at < offset; at++) {
      const id = `${partition}/${at}`
      if (this.emitted.get(id) === null || this.finished.has(id)) continue
      if (!this.emitted.has(id) && this.unacknowledged > 0) continue
      this.violate('I4', `${offset} is committed although the record at ${id} is not done`)
      break
    }
    this.committed.set(partition, Math.max(before, offset))
  }
}

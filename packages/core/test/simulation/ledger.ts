import type { SideReader } from './side-table.ts'

/** A record, as callbacks are told of it. */
export interface RecordId {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** What a callback did to the value of its key, in one step. */
export interface Call extends RecordId {
  readonly number: number
  readonly tenure: Tenure
  readonly key: string
  /** The values of the table as the callback saw and left them. */
  readonly before: string | undefined
  readonly after: string | undefined
  /** Whether what it did counts; else the callback failed. */
  readonly done: boolean
}

/** The time for which an instance has a partition: within it, the records of a key come one by one and in order. */
export class Tenure {
  /** In the order in which they began. */
  readonly number: number
  readonly owner: string
  readonly partition: number
  /** Records of the table's topic that a recovery for this tenure had to read. */
  readonly floor: number
  /** What was begun, in this order. */
  readonly begun: { readonly topic: string; readonly key: string; readonly offset: number }[] = []
  readonly calls: Call[] = []
  /** What was read of each key as committed, one after the other, without what was read twice. */
  readonly reads = new Map<string, (string | undefined)[]>()
  /** What it sees in the joined table. */
  readonly joined: SideReader | undefined
  /** Keys with a callback under way. */
  readonly busy = new Set<string>()
  readonly #attempts = new Map<string, number>()

  constructor(
    number: number,
    owner: string,
    partition: number,
    floor: number,
    joined: SideReader | undefined,
  ) {
    this.number = number
    this.owner = owner
    this.partition = partition
    this.floor = floor
    this.joined = joined
  }

  /** A committed value was read. */
  read(key: string, value: string | undefined): void {
    const reads = this.reads.get(key) ?? []
    this.reads.set(key, reads)
    if (reads.length === 0 || reads.at(-1) !== value) reads.push(value)
  }

  /** How often the record was tried, with this time. */
  attempt(topic: string, offset: number): number {
    const id = `${topic}/${offset}`
    const attempts = (this.#attempts.get(id) ?? 0) + 1
    this.#attempts.set(id, attempts)
    return attempts
  }
}

/** A visit that has ended well. */
export interface Visit {
  readonly owner: string
  readonly mark: string
  /** How many keys it tells. */
  readonly count: number
  /** How many records of the table's topic were known then, of each partition that was here. */
  readonly known: ReadonlyMap<number, number>
}

/** When an offset was first seen to be committed. */
interface Commit extends RecordId {
  readonly moment: number
}

/** What happened in a run, and what was wrong with it. */
export class Ledger {
  readonly violations: string[] = []
  readonly tenures: Tenure[] = []
  readonly calls: Call[] = []
  /** The records whose callback has ended, well or for good, and when. */
  readonly finished = new Map<string, number>()
  /** What was emitted and acknowledged, and its value. */
  readonly emitted = new Map<string, string | null>()
  /** Emits that are not acknowledged yet. */
  unacknowledged = 0
  /** Input partition -> what was last seen to be committed. */
  readonly committed = new Map<string, number>()
  readonly commits: Commit[] = []
  readonly visits: Visit[] = []
  /** How often the callback has failed for a word, until it was mended. */
  readonly failures = new Map<string, number>()
  /** The records that it has failed for. */
  readonly faulty = new Set<string>()
  /** Instances that end over one of these, or try it again. */
  readonly failing = new Set<string>()
  readonly trace: string[] = []
  /** Whether all is judged: what crashed processes still do when they are buried is no part of the run. */
  isClosed = false
  #moment = 0

  violate(invariant: string, what: string): void {
    if (this.isClosed && invariant !== 'I12') return
    if (this.violations.length < 20) this.violations.push(`${invariant}: ${what}`)
  }

  note(what: string): void {
    this.trace.push(what)
  }

  tenure(owner: string, partition: number, floor: number, joined?: SideReader): Tenure {
    const tenure = new Tenure(this.tenures.length, owner, partition, floor, joined)
    this.tenures.push(tenure)
    return tenure
  }

  began(tenure: Tenure, topic: string, key: string, offset: number): void {
    if (tenure.busy.has(key)) {
      this.violate(
        'I8',
        `${tenure.owner} calls for "${key}" at ${topic}/${tenure.partition}/${offset} beside an earlier call`,
      )
    }
    tenure.busy.add(key)
    tenure.begun.push({ topic, key, offset })
  }

  /** The number that the next call has. */
  get nextCall(): number {
    return this.calls.length
  }

  /** What a callback does. */
  called(tenure: Tenure, what: Omit<Call, 'number' | 'tenure' | 'partition'>): void {
    const { partition } = tenure
    const call: Call = { number: this.nextCall, tenure, partition, ...what }
    this.calls.push(call)
    tenure.calls.push(call)
  }

  /** Its callback is over. */
  ended(tenure: Tenure, key: string): void {
    tenure.busy.delete(key)
  }

  /** The record may be committed. */
  finish(tenure: Tenure, topic: string, offset: number): void {
    const id = idOf({ topic, partition: tenure.partition, offset })
    if (!this.finished.has(id)) this.finished.set(id, ++this.#moment)
  }

  /** Checks an offset that the group has committed. */
  sawCommitted(topic: string, partition: number, offset: number): void {
    const name = `${topic}/${partition}`
    const before = this.committed.get(name) ?? 0
    if (offset < before) {
      this.violate('I4', `the committed offset of ${name} went back from ${before} to ${offset}`)
    }
    if (offset > before) {
      this.committed.set(name, offset)
      this.commits.push({ topic, partition, offset, moment: this.#moment })
    }
  }
}

export function idOf({ topic, partition, offset }: RecordId): string {
  return `${topic}/${partition}/${offset}`
}

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import { type Contestant, contest } from '../contest.ts'
import { countTable } from '../count-tables.ts'
import { checkCounts, expectedCounts } from '../counts.ts'
import { type Content, fill, records100 } from '../filler.ts'
import { type Input, makeInput, refill } from '../input.ts'
import type { Job } from '../job.ts'
import { Programs } from '../programs.ts'
import type { Figures, SystemName } from '../row.ts'
import type { Session } from '../session.ts'
import { timedRecovery } from '../timed-recovery.ts'
import { ended } from '../timed-run.ts'

interface Variant {
  readonly system: SystemName
  readonly variant: string
  readonly job: Job
  /** Whether a store is there, left by a process that was killed. */
  readonly isIntact: boolean
}

/** The way back to work: reading a table from its changelog, or finding what a killed process has left. */
export const recover: Bench = {
  name: 'recover',
  about:
    'from the assignment of partitions until each processes again: 1,000,000 keys, 4 partitions, from an empty store and from the one of a process that was killed',
  async run(session) {
    const workload = session.workload({ records: 10_000, keys: 1_000_000, partitions: 4 })
    const contestants = variants().map(
      (variant): Contestant => ({
        system: session.systems[variant.system],
        variant: variant.variant,
        measure: () => new Recovery(session, variant, workload).measure(),
      }),
    )
    await contest(session, 'recover', 'seconds', workload, contestants)
  },
}

function variants(): readonly Variant[] {
  return [false, true].flatMap((isIntact) => {
    const store = isIntact ? 'intact store after SIGKILL' : 'empty store'
    const both = (system: SystemName, name: string, job: Job): readonly Variant[] =>
      ['at-least-once', 'exactly-once'].map((guarantee) => ({
        system,
        variant: `${store} ${guarantee}${name}`,
        job: { ...job, guarantee },
        isIntact,
      }))
    return [
      ...both('ours', '', { storage: 'leveldb' }),
      { system: 'goka', variant: `${store} at-least-once`, job: {}, isIntact },
      ...both('kafka-streams', ' 2-thread', { threads: 2 }),
    ]
  })
}

/** Members that are killed are taken for dead soon; what that takes is not measured. */
const sessionTimeoutMs = 6_000

class Recovery {
  readonly #session: Session
  readonly #variant: Variant
  readonly #partitions: number
  readonly #keys: number
  /** What is there to be processed from the start, and after the kill. */
  readonly #content: Content
  readonly #more: Content
  readonly #group: string
  readonly #topic: string
  readonly #state: string

  constructor(
    session: Session,
    variant: Variant,
    { records, keys, partitions }: { records: number; keys: number; partitions: number },
  ) {
    this.#session = session
    this.#variant = variant
    this.#partitions = partitions
    this.#keys = keys
    this.#content = records100(records, keys)
    // Enough for every partition to get some.
    this.#more = records100(64 * partitions, keys)
    this.#group = session.name(variant.system)
    this.#topic = `${this.#group}-input`
    this.#state = join(session.path, this.#group)
  }

  async measure(): Promise<Figures> {
    const { cluster } = this.#session
    const changelog = await this.#fillTable()
    try {
      const input = await makeInput(cluster, this.#topic, this.#partitions, this.#content)
      return this.#variant.isIntact
        ? await this.#afterKill(input)
        : await this.#run(input, this.#expected([this.#content]), new Float64Array(this.#keys))
    } finally {
      await rm(this.#state, { recursive: true, force: true })
      await cluster.deleteTopics([changelog, this.#topic])
    }
  }

  /** Makes the changelog that an earlier life of the group would have left: every key once, counted 1. */
  async #fillTable(): Promise<string> {
    const { system } = this.#variant
    const { cluster } = this.#session
    const isLong = system === 'kafka-streams'
    const one = isLong ? Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]) : Buffer.from('1')
    const topic = isLong ? `${this.#group}-counts-changelog` : `${this.#group}-table`
    await cluster.createTopic(topic, this.#partitions, { 'cleanup.policy': 'compact' })
    await fill(cluster, topic, this.#partitions, {
      records: this.#keys,
      key: (record) => record,
      value: () => one,
    })
    return topic
  }

  /** Lets one process recover, work and stop, kills another one amid its work, and measures how a third one goes on. */
  async #afterKill(input: Input): Promise<Figures> {
    const { cluster } = this.#session
    await timedRecovery(this.#session, this.#command(input), this.#group, input)
    const second = await refill(cluster, this.#topic, this.#partitions, this.#content)
    await using programs = new Programs([this.#command(second)])
    await programs.all('ready')
    programs.tell('go')
    await programs.until((said) => ended(said, second), 'the last records')
    await programs.crash()
    const third = await refill(cluster, this.#topic, this.#partitions, this.#more)
    const again =
      this.#variant.job['guarantee'] === 'exactly-once'
        ? new Float64Array(this.#keys)
        : expectedCounts(this.#content, this.#keys)
    const expected = this.#expected([this.#content, this.#content, this.#more])
    return await this.#run(third, expected, again)
  }

  async #run(input: Input, expected: Float64Array, again: Float64Array): Promise<Figures> {
    const { cluster } = this.#session
    const { system } = this.#variant
    const figures = await timedRecovery(this.#session, this.#command(input), this.#group, input)
    const table = countTable(system, this.#group, this.#topic, '')
    await checkCounts(cluster, system, table, this.#partitions, expected, again)
    return figures
  }

  #expected(contents: readonly Content[]): Float64Array {
    const counts = new Float64Array(this.#keys).fill(1)
    for (const content of contents) {
      for (const [key, count] of expectedCounts(content, this.#keys).entries()) {
        counts[key] = (counts[key] as number) + count
      }
    }
    return counts
  }

  #command(input: Input) {
    const { system, job } = this.#variant
    const program = system === 'kafka-streams' ? 'recover' : 'count'
    return this.#session.systems[system].command(program, {
      brokers: this.#session.cluster.brokers,
      group: this.#group,
      input: this.#topic,
      ends: input.ends,
      state: this.#state,
      sessionTimeoutMs,
      ...job,
    })
  }
}

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Goka, type ProcessorOptions } from '@goka/core'
import { rdkafka } from '@goka/kafka-rdkafka'
import { MemberProcess } from '../kafka-cluster.ts'
import { Program } from '../program.ts'
import type { CrashMemberOptions } from '../programs/crash-member.ts'
import type { CrashPlan } from './crash-point.ts'
import { type OpenTransaction, openTransactions } from './open-transactions.ts'
import { inputStream, type Numbered, type SummingTopics } from './summing.ts'

export const PARTITIONS = 4
const KEYS = 40

/** Members of one group on a real broker, that are killed and come back, and what was sent to them. */
export class CrashRun implements AsyncDisposable {
  readonly topics: SummingTopics
  readonly brokers: string
  readonly goka: Goka
  readonly #path: string
  readonly #processor: ProcessorOptions
  readonly #programs: Program[] = []
  #number = 0

  private constructor(brokers: string, path: string, processor: ProcessorOptions) {
    const id = randomUUID()
    this.topics = { group: `sum-${id}`, input: `in-${id}`, output: `out-${id}` }
    this.brokers = brokers
    this.goka = new Goka({ transport: rdkafka({ brokers: brokers.split(',') }) })
    this.#path = path
    this.#processor = processor
  }

  static async make(brokers: string, processor: ProcessorOptions): Promise<CrashRun> {
    const run = new CrashRun(brokers, await mkdtemp(join(tmpdir(), 'goka-crash-')), processor)
    const admin = await run.goka.admin()
    for (const topic of [run.topics.input, run.topics.output]) {
      await admin.createTopic({ topic, partitions: PARTITIONS })
    }
    await admin.close()
    return run
  }

  /** The folder of a member's stores. */
  pathOf(place: string): string {
    return join(this.#path, place)
  }

  /** Starts a member; one that has a plan dies of it. `brokers`: where it finds the cluster. */
  start(place: string, crash?: CrashPlan, brokers: string = this.brokers): MemberProcess {
    const options: CrashMemberOptions = {
      ...this.topics,
      brokers,
      path: this.pathOf(place),
      processor: this.#processor,
      crash,
    }
    const file = fileURLToPath(new URL('../programs/crash-member.ts', import.meta.url))
    const program = new Program(file, [JSON.stringify(options)])
    this.#programs.push(program)
    return new MemberProcess(program)
  }

  /** The transactions that are open in what the members write: none, when they have ended. */
  openTransactions(): Promise<readonly OpenTransaction[]> {
    const { group, output } = this.topics
    return openTransactions(this.brokers, [output, `${group}-table`], PARTITIONS)
  }

  /** Sends the next messages, `count` for each key. */
  async emit(count: number): Promise<void> {
    const emitter = this.goka.emitter(inputStream(this.topics))
    const emitted: Promise<unknown>[] = []
    for (let round = 0; round < count; round++) {
      const message: Numbered = { number: ++this.#number }
      for (let key = 0; key < KEYS; key++) emitted.push(emitter.emit(`key-${key}`, message))
    }
    await Promise.all(emitted)
    await emitter.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program[Symbol.asyncDispose]()
    await rm(this.#path, { recursive: true, force: true })
  }
}

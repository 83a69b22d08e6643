import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Goka, type ProcessorReport } from '@goka/core'
import { rdkafka } from '@goka/kafka-rdkafka'
import type { Cluster, Member, MemberOptions, TableView } from './cluster.ts'
import { countedStream } from './counting.ts'
import { type Exit, Program } from './program.ts'
import type { Message } from './programs/instance.ts'
import type { ProcessorProgramOptions } from './programs/processor.ts'
import type { ViewProgramOptions } from './programs/view.ts'

/** A real broker, and instances that are processes of their own. */
export class KafkaCluster implements Cluster {
  readonly #brokers: string
  readonly #goka: Goka
  readonly #path: string
  readonly #programs: Program[] = []

  private constructor(brokers: string, path: string) {
    this.#brokers = brokers
    this.#goka = new Goka({ transport: rdkafka({ brokers: brokers.split(',') }) })
    this.#path = path
  }

  /** @param brokers - `host:port` of some brokers, with commas between */
  static async make(brokers: string): Promise<KafkaCluster> {
    return new KafkaCluster(brokers, await mkdtemp(join(tmpdir(), 'goka-system-')))
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    const admin = await this.#goka.admin()
    await admin.createTopic({ topic, partitions })
    await admin.close()
  }

  async emit(topic: string, keys: readonly string[]): Promise<void> {
    const emitter = this.#goka.emitter(countedStream(topic))
    await Promise.all(keys.map((key) => emitter.emit(key, 'some-value')))
    await emitter.close()
  }

  async startProcessor(options: MemberOptions): Promise<MemberProcess> {
    const { group, input, place, processor } = options
    const member = new MemberProcess(
      this.#start('processor', { group, input, processor, ...this.#where(place) }),
    )
    await member.state('running')
    return member
  }

  async startView(group: string): Promise<TableView> {
    const program = this.#start('view', { group, ...this.#where(`view-${this.#programs.length}`) })
    const view = new InstanceProcess(program)
    await view.state('running')
    return {
      entries: () => view.ask('entries'),
      stop: () => view.stop(),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program[Symbol.asyncDispose]()
    await rm(this.#path, { recursive: true, force: true })
  }

  #where(place: string): { readonly brokers: string; readonly path: string } {
    return { brokers: this.#brokers, path: join(this.#path, place) }
  }

  #start(name: string, options: ProcessorProgramOptions | ViewProgramOptions): Program {
    const file = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))
    const program = new Program(file, [JSON.stringify(options)])
    this.#programs.push(program)
    return program
  }
}

/** A program that was made of `programs/`, and what it says. */
class InstanceProcess {
  readonly program: Program
  #asked = 0

  constructor(program: Program) {
    this.program = program
  }

  /** Waits until it has said that it is in this state. */
  async state(wanted: string): Promise<void> {
    await this.program.read((line) => {
      const said = JSON.parse(line) as Message
      return said.kind === 'state' && said.state === wanted ? true : undefined
    })
  }

  async ask<Answer>(question: string, about?: unknown): Promise<Answer> {
    const id = ++this.#asked
    const after = this.program.lines.length
    this.program.write(JSON.stringify({ id, question, about }))
    return await this.program.read(
      (line) => {
        const said = JSON.parse(line) as Message
        return said.kind === 'answer' && said.id === id ? (said.answer as Answer) : undefined
      },
      { after },
    )
  }

  /** Ctrl-c; the process must end by itself and well. */
  async stop(): Promise<void> {
    this.program.kill('SIGINT')
    const exit = await this.program.end()
    if (exit.code !== 0)
      throw new Error(`ended with ${JSON.stringify(exit)}: ${this.program.errors.join('\n')}`)
  }
}

/** A member that is a process. */
export class MemberProcess extends InstanceProcess implements Member {
  async report(): Promise<ProcessorReport> {
    return await this.ask<ProcessorReport>('report')
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<Exit> {
    this.program.kill('SIGKILL')
    return await this.program.end()
  }
}

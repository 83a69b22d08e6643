import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Goka, type ProcessorReport } from '@goka/core'
import { rdkafka } from '@goka/kafka-rdkafka'
import type { Cluster, Member, MemberOptions, TableView } from './cluster.ts'
import { countedStream } from './counting.ts'
import { type Exit, Program, programPath } from './program.ts'
import type { EmitterProgramOptions } from './programs/emitter.ts'
import type { InstanceOptions, Message } from './programs/instance.ts'
import type { ProcessorProgramOptions } from './programs/processor.ts'
import type { ViewProgramOptions } from './programs/view.ts'

/** A real broker, and instances that are processes of their own. */
export class KafkaCluster implements Cluster {
  readonly #brokers: string
  readonly #goka: Goka
  readonly #path: string
  readonly #connectTimeoutMs: number | undefined
  readonly #programs: Program[] = []

  private constructor(brokers: string, path: string, connectTimeoutMs: number | undefined) {
    this.#brokers = brokers
    this.#goka = new Goka({ transport: rdkafka({ brokers: brokers.split(',') }) })
    this.#path = path
    this.#connectTimeoutMs = connectTimeoutMs
  }

  /**
   * @param brokers - `host:port` of some brokers, with commas between
   * @param connectTimeoutMs - of the processes; default: the library's
   */
  static async make(brokers: string, connectTimeoutMs?: number): Promise<KafkaCluster> {
    const path = await mkdtemp(join(tmpdir(), 'goka-system-'))
    return new KafkaCluster(brokers, path, connectTimeoutMs)
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
    const member = this.spawnProcessor(options)
    await member.state('running')
    return member
  }

  async startView(group: string): Promise<TableView> {
    const view = this.spawnView(group)
    await view.state('running')
    return {
      entries: () => view.ask('entries'),
      stop: () => view.stop(),
    }
  }

  /** Starts the process of a member and does not wait for more. */
  spawnProcessor({ group, input, place, processor }: MemberOptions): MemberProcess {
    const program = this.#spawn('processor', { group, input, processor, ...this.#where(place) })
    return new MemberProcess(program)
  }

  /** Starts the process of a view of a group's table and does not wait for more. */
  spawnView(group: string): InstanceProcess {
    const where = this.#where(`view-${this.#programs.length}`)
    return new InstanceProcess(this.#spawn('view', { group, ...where }))
  }

  /** Starts the process of an emitter, which emits ten messages a second. */
  spawnEmitter(topic: string): InstanceProcess {
    return new InstanceProcess(this.#spawn('emitter', { topic, ...this.#where('none') }))
  }

  async close(): Promise<void> {
    for (const program of this.#programs) await program[Symbol.asyncDispose]()
    await rm(this.#path, { recursive: true, force: true })
  }

  #where(place: string): InstanceOptions {
    const connectTimeoutMs = this.#connectTimeoutMs
    return {
      brokers: this.#brokers,
      path: join(this.#path, place),
      ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
    }
  }

  #spawn(
    name: string,
    options: ProcessorProgramOptions | ViewProgramOptions | EmitterProgramOptions,
  ): Program {
    const program = new Program(programPath(name), [JSON.stringify(options)])
    this.#programs.push(program)
    return program
  }
}

/** A program that was made of `programs/`, and what it says. */
export class InstanceProcess {
  readonly program: Program
  #asked = 0

  constructor(program: Program) {
    this.program = program
  }

  /** Waits until it has said that it is in this state. */
  async state(wanted: string): Promise<void> {
    await this.#says((said) => said.kind === 'state' && said.state === wanted)
  }

  /** Waits until it has logged this sentence. */
  async logged(text: string): Promise<void> {
    await this.#says((said) => said.kind === 'log' && said.text === text)
  }

  async #says(check: (said: Message) => boolean): Promise<void> {
    await this.program.read((line) => (check(JSON.parse(line) as Message) ? true : undefined))
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
  async stop(withinMs?: number): Promise<void> {
    this.program.kill('SIGINT')
    const exit = await this.program.end(withinMs)
    if (exit.code !== 0)
      throw new Error(`ended with ${JSON.stringify(exit)}: ${this.program.errors.join('\n')}`)
  }
}

/** A member that is a process. */
export class MemberProcess extends InstanceProcess implements Member {
  async report(): Promise<ProcessorReport> {
    return await this.ask<ProcessorReport>('report')
  }

  /** How many partitions it processes now. */
  async running(): Promise<number> {
    const { partitions } = await this.report()
    return partitions.filter(({ state }) => state === 'running').length
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<Exit> {
    this.program.kill('SIGKILL')
    return await this.program.end()
  }
}

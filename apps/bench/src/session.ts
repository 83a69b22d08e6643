import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cluster } from './cluster.ts'
import type { BenchOptions } from './options.ts'
import type { Report } from './report.ts'
import type { SystemName, Workload } from './row.ts'
import type { System } from './system.ts'
import { addon } from './systems/addon.ts'
import { byHand } from './systems/by-hand.ts'
import { goka } from './systems/goka.ts'
import { kafkaStreams } from './systems/kafka-streams.ts'
import { nodeRdkafka } from './systems/node-rdkafka.ts'
import { ours, oursOnRedis } from './systems/ours.ts'
import { quix } from './systems/quix.ts'
import { RedisServer } from './systems/redis-server.ts'

/** One call of the command: what all of its benches share. */
export class Session implements AsyncDisposable {
  readonly options: BenchOptions
  readonly report: Report
  readonly cluster: Cluster
  readonly systems: Readonly<Record<SystemName, System>>
  readonly oursOnRedis: System
  /** For the stores of everybody. */
  readonly path: string
  readonly #redis = new RedisServer()
  #names = 0

  private constructor(options: BenchOptions, report: Report, cluster: Cluster, path: string) {
    this.options = options
    this.report = report
    this.cluster = cluster
    this.path = path
    this.systems = {
      ours: ours(),
      goka: goka(),
      'kafka-streams': kafkaStreams(),
      quix: quix(),
      'by-hand': byHand(this.#redis),
      'node-rdkafka': nodeRdkafka(),
      addon: addon(),
    }
    this.oursOnRedis = oursOnRedis(this.#redis)
  }

  /** Connects to a Kafka, or starts one. */
  static async open(options: BenchOptions, report: Report): Promise<Session> {
    const path = await mkdtemp(join(tmpdir(), 'goka-bench-'))
    return new Session(options, report, await Cluster.connect(), path)
  }

  /** The work of a bench: its defaults, and what the command line says. */
  workload(defaults: Workload): Workload {
    return { ...defaults, ...this.options.workload }
  }

  /** A name for a topic, a group or a folder that nobody has used. */
  name(what: string): string {
    return `bench-${what}-${process.pid}-${Date.now().toString(36)}-${++this.#names}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#redis.stop()
    await this.cluster[Symbol.asyncDispose]()
    await rm(this.path, { recursive: true, force: true })
  }
}

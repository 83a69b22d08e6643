import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Goka,
  type GokaOptions,
  type Group,
  type Processor,
  type ProcessorOptions,
  type Shape,
  type Stream,
  type Table,
  type View,
  type ViewOptions,
} from '@goka/core'
import { rdkafka } from '@goka/kafka-rdkafka'
import { leveldb } from '@goka/storage-leveldb'
import { clientContext } from './crash/client-context.ts'
import { eventually } from './eventually.ts'

/** A processor or view under way. */
export interface Started<Runner> {
  readonly runner: Runner
  /** What `run` returned. */
  readonly run: Promise<void>
}

/** Instances in this process on a real broker, each with stores at a place of its own. */
export class Instances implements AsyncDisposable {
  /** Begins the names of a test's topics and groups: nobody else's do. */
  readonly name: string = `scenario-${randomUUID()}`
  readonly #brokers: string
  readonly #path: string
  readonly #closers: (() => Promise<void>)[] = []

  private constructor(brokers: string, path: string) {
    this.#brokers = brokers
    this.#path = path
  }

  /** @param brokers - `host:port` of some brokers, with commas between */
  static async make(brokers: string): Promise<Instances> {
    return new Instances(brokers, await mkdtemp(join(tmpdir(), 'goka-scenario-')))
  }

  goka(place = 'none', options: Partial<GokaOptions> = {}): Goka {
    return new Goka({
      transport: rdkafka({
        brokers: this.#brokers.split(','),
        // So that members learn of a rebalance soon: they ask three times in a session.
        sessionTimeoutMs: 2_000,
      }),
      storage: leveldb({ path: join(this.#path, place) }),
      ...options,
    })
  }

  async createTopic(
    topic: string,
    partitions: number,
    config: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const admin = await this.goka().admin()
    await admin.createTopic({ topic, partitions, config })
    await admin.close()
  }

  /** Emits records; resolves when all are acknowledged. */
  async emit<T>(
    stream: Stream<T>,
    records: readonly (readonly [key: string, value: T])[],
  ): Promise<void> {
    const emitter = this.goka().emitter(stream)
    await Promise.all(records.map(([key, value]) => emitter.emit(key, value)))
    await emitter.close()
  }

  /** A processor that has begun to run. */
  start<Name extends string, G extends Shape>(
    group: Group<Name, G>,
    place: string,
    options: ProcessorOptions = {},
    goka: Goka = this.goka(place),
  ): Started<Processor<G['state']>> {
    const runner = goka.processor(group, { commitIntervalMs: 20, ...options })
    this.#closers.push(() => runner.stop())
    const run = runner.run()
    run.catch(() => {})
    return { runner, run }
  }

  /** A processor that processes so many partitions. */
  async started<Name extends string, G extends Shape>(
    group: Group<Name, G>,
    place: string,
    partitions: number,
    options: ProcessorOptions = {},
    goka?: Goka,
  ): Promise<Started<Processor<G['state']>>> {
    const started = this.start(group, place, options, goka)
    const { runner, run } = started
    const failed = run.then(() => {
      throw new Error('the processor has ended')
    })
    await Promise.race([failed, hasPartitions(runner, partitions)])
    return started
  }

  /** A view that is complete. */
  async view<T>(
    table: Table<T>,
    options: ViewOptions = {},
    goka: Goka = this.goka(`view-${this.#closers.length}`),
  ): Promise<Started<View<T>>> {
    const runner = goka.view(table, options)
    this.#closers.push(() => runner.stop())
    const run = runner.run()
    await Promise.race([runner.state.until('running'), run])
    return { runner, run }
  }

  /** What a group has committed of a topic, by partition. */
  async committed(group: string, topic: string): Promise<ReadonlyMap<number, number>> {
    const admin = await this.goka().admin()
    const offsets = await admin.groupOffsets(group)
    await admin.close()
    return new Map(
      offsets
        .filter((one) => one.topic === topic)
        .map(({ partition, offset }) => [partition, offset]),
    )
  }

  /** The keys and values of a processor's store at a place, as text; the processor has ended. */
  async stored(
    place: string,
    group: string,
    topic: string,
    partition: number,
  ): Promise<Readonly<Record<string, string>>> {
    const name = { scope: `processor/${group}`, topic, partition }
    const storage = leveldb({ path: join(this.#path, place) })
    const store = await storage.open(name, { log: clientContext.log })
    const entries = await store.iterate({}).next(10_000)
    await store.close()
    return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value).toString()]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#closers.map((close) => close()))
    await rm(this.#path, { recursive: true, force: true })
  }
}

/** Waits until a processor processes so many partitions. */
export async function hasPartitions(
  runner: { readonly partitions: readonly number[] },
  count: number,
): Promise<void> {
  await eventually(() => {
    const { length } = runner.partitions
    if (length !== count) throw new Error(`processes ${length} partitions and not ${count}`)
  })
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return error
  }
  throw new Error(`resolved with ${String(value)} where a rejection was expected`)
}

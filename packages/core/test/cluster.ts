import {
  fnv1a,
  Goka,
  type GokaOptions,
  type Group,
  type Processor,
  type ProcessorOptions,
  type Shape,
  type Table,
  type View,
  type ViewOptions,
} from '@goka/core'
import {
  type Admin,
  type ClientContext,
  type Clock,
  type Headers,
  ProduceBatch,
} from '@goka/interface'
import {
  type EmbeddedBroker,
  type EmbeddedTransport,
  embedded,
  embeddedBroker,
} from '@goka/kafka-embedded'
import { memory } from '@goka/storage-memory'
import { LogRecorder } from './log-recorder.ts'
import { inTime } from './waiting.ts'

/** A record to write: the partition is the one of the key unless it is given. */
export interface TestRecord {
  readonly key?: string | Uint8Array | null
  readonly value?: string | Uint8Array | null
  readonly partition?: number
  readonly headers?: Headers
  readonly timestampMs?: number
}

/** A record as it was found in a topic. */
export interface FoundRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  /** The bytes of the key, one a char; `''` without a key. */
  readonly keyBytes: string
  readonly value: string | null
  readonly headers: readonly (readonly [name: string, value: string | null])[]
  readonly timestampMs: number
}

/** A processor or view under way. */
export interface Running<Runner> {
  readonly runner: Runner
  /** What `run` returned. */
  readonly run: Promise<void>
}

/** A broker in memory and what a test needs around it. Whatever was started is stopped by `close`. */
export class Cluster {
  readonly broker: EmbeddedBroker
  readonly transport: EmbeddedTransport
  readonly log = new LogRecorder()
  readonly #closers: (() => Promise<void>)[] = []
  #admin: Promise<Admin> | undefined

  readonly #clock: Clock

  /** @param clock - the time of everything that is made, unless it is given another one */
  constructor(options: Parameters<typeof embeddedBroker>[0] = {}, clock: Clock = realClock) {
    this.#clock = clock
    this.broker = embeddedBroker(options)
    this.transport = embedded({ broker: this.broker })
  }

  /** One instance: its own storage, the shared broker. */
  goka(options: Partial<GokaOptions> = {}): Goka {
    return new Goka({
      transport: this.transport,
      storage: memory(),
      log: this.log,
      clock: this.#clock,
      ...options,
    })
  }

  /** An instance of a group, of a Goka of its own unless one is given; it commits every few milliseconds. */
  processor<Name extends string, G extends Shape>(
    group: Group<Name, G>,
    options: ProcessorOptions = {},
    goka: Goka = this.goka(),
  ): Processor<G['state']> {
    const processor = goka.processor(group, {
      commitIntervalMs: 2,
      drainTimeoutMs: 500,
      ...options,
    })
    this.#closers.push(() => processor.stop())
    return processor
  }

  /** A processor that has begun to run. */
  start<Name extends string, G extends Shape>(
    group: Group<Name, G>,
    options: ProcessorOptions = {},
    goka?: Goka,
  ): Running<Processor<G['state']>> {
    const runner = this.processor(group, options, goka)
    const run = runner.run()
    run.catch(() => {})
    return { runner, run }
  }

  /** A processor that processes all of `partitions` partitions. */
  async started<Name extends string, G extends Shape>(
    group: Group<Name, G>,
    partitions: number,
    options: ProcessorOptions = {},
    goka?: Goka,
  ): Promise<Running<Processor<G['state']>>> {
    const all = new Set<number>()
    const ready = new Promise<void>((resolve) => {
      const { listener } = options
      const running = (came: readonly number[]): void => {
        for (const partition of came) all.add(partition)
        listener?.running?.(came)
        if (all.size === partitions) resolve()
      }
      options = { ...options, listener: { ...listener, running } }
    })
    const started = this.start(group, options, goka)
    await inTime(Promise.race([ready, started.run]), `${partitions} partitions running`)
    return started
  }

  /** A view that is complete. */
  async view<T>(
    table: Table<T>,
    options: ViewOptions = {},
    goka: Goka = this.goka(),
  ): Promise<View<T>> {
    const view = goka.view(table, options)
    this.#closers.push(() => view.stop())
    const run = view.run()
    run.catch(() => {})
    await inTime(Promise.race([view.state.until('running'), run]), 'a complete view')
    return view
  }

  admin(): Promise<Admin> {
    this.#admin ??= this.transport.admin(this.context('test-admin'))
    return this.#admin
  }

  /** What the core would lend to a client of this name. */
  context(clientId: string, clock: Clock = realClock): ClientContext {
    return { clientId, log: this.log, clock, connectTimeoutMs: 5_000 }
  }

  async createTopic(
    topic: string,
    partitions: number,
    config: Record<string, string> = {},
  ): Promise<void> {
    await (await this.admin()).createTopic({ topic, partitions, config })
  }

  /** Creates a topic for a table that somebody else writes. */
  async createTable(topic: string, partitions: number): Promise<void> {
    await this.createTopic(topic, partitions, { 'cleanup.policy': 'compact' })
  }

  /** Writes records as they are, in one batch; resolves when they are there. */
  async produce(topic: string, records: readonly TestRecord[]): Promise<void> {
    const producer = await this.transport.producer({}, this.context('test-producer'))
    const partitions = await producer.partitions(topic)
    const batch = new ProduceBatch()
    const index = batch.topicIndex(topic)
    for (const { key = null, value = null, partition, headers, timestampMs } of records) {
      const bytes = key === null ? null : Buffer.from(key as string).toString('latin1')
      batch.add(
        index,
        partition ?? fnv1a.partition(bytes ?? '', partitions),
        bytes,
        typeof value === 'string' ? Buffer.from(value) : value,
        timestampMs ?? Number.NaN,
        headers,
      )
    }
    await producer.send(batch)
    await producer.close()
  }

  /** Everything that readers of committed data see in a topic, partition by partition. */
  async records(topic: string): Promise<readonly FoundRecord[]> {
    const reader = await this.transport.partitionReader(
      { isolation: 'read_committed' },
      this.context('test-reader'),
    )
    const partitions = (await (await this.admin()).topics([topic])).get(topic)?.partitions ?? 0
    const found: FoundRecord[][] = Array.from({ length: partitions }, () => [])
    const open = new Set(found.keys())
    await reader.add([...open].map((partition) => ({ topic, partition, offset: 0 })))
    while (open.size > 0) {
      for (const batch of await reader.poll(1_000)) {
        for (let index = 0; index < batch.length; index++) {
          const key = batch.key(index)
          found[batch.partition]?.push({
            partition: batch.partition,
            offset: batch.offset(index),
            key: key === null ? null : Buffer.from(key, 'latin1').toString(),
            keyBytes: key ?? '',
            value: textOf(batch.value(index)),
            headers: batch.headers(index).map(({ name, value }) => [name, textOf(value)] as const),
            timestampMs: batch.timestamp(index),
          })
        }
        if (batch.atEnd) open.delete(batch.partition)
      }
    }
    await reader.close()
    return found.flat()
  }

  /** The records of a topic as `key=value`. */
  async lines(topic: string): Promise<readonly string[]> {
    return (await this.records(topic)).map(({ key, value }) => `${key}=${value}`)
  }

  /** The last value of each key of a table's topic, as text. */
  async table(topic: string): Promise<Readonly<Record<string, string>>> {
    const last = new Map<string, string>()
    for (const { key, value } of await this.records(topic)) {
      if (value === null) last.delete(key ?? '')
      else last.set(key ?? '', value)
    }
    return Object.fromEntries([...last].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** What a group has committed, as `topic/partition` -> offset. */
  async committed(group: string): Promise<Readonly<Record<string, number>>> {
    const offsets = await (await this.admin()).groupOffsets(group)
    return Object.fromEntries(
      offsets.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]),
    )
  }

  /** Stops what was started, last things first, and ends the broker. */
  async close(): Promise<void> {
    this.broker.faults.up()
    for (const close of this.#closers.reverse())
      await inTime(close(), 'the end of what was started')
    await this.broker.close()
  }
}

const realClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString()
}

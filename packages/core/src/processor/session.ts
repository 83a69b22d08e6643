import {
  type Admin,
  type ClientContext,
  type Codec,
  type GroupConsumer,
  isGokaError,
  ProduceBatch,
  type RecordBatch,
  type Storage,
  type Timer,
  type Transport,
} from '@goka/interface'
import { type Deferred, deferred } from '../deferred.ts'
import type { Edges } from '../graph/edges.ts'
import type { Partitioner } from '../partitioner.ts'
import { Changelogs } from '../table/changelogs.ts'
import { openStore } from '../table/open-store.ts'
import { PartitionTable } from '../table/partition-table.ts'
import { TableCopy } from '../table/table-copy.ts'
import { TableReader } from '../table/table-reader.ts'
import { Assignment } from './assignment.ts'
import { type CommitReport, Committer } from './committer.ts'
import { deadLetterTopics } from './error-policy.ts'
import { AtLeastOnce, ExactlyOnce, type Guarantee } from './guarantee.ts'
import type { Holding } from './holding.ts'
import { Outputs } from './outputs.ts'
import { PartitionCheck } from './partition-check.ts'
import type { ProcessorSettings } from './processor-options.ts'
import { callbackError } from './record-error.ts'
import { Scheduler } from './scheduler.ts'
import { Task } from './task.ts'
import type { TaskScope } from './task-scope.ts'
import { checkTopics } from './topic-check.ts'

/** How long a poll waits for records. */
const POLL_MS = 250

/** How often the number of partitions of the outputs is asked again. */
const REFRESH_MS = 60_000

export interface SessionOptions {
  readonly edges: Edges
  readonly settings: ProcessorSettings
  readonly transport: Transport
  readonly storage: Storage
  /** The scope of the stores: see `StoreName`. */
  readonly scope: string
  readonly partitioner: Partitioner
  readonly transactionalId: string
  readonly context: ClientContext
  /** The group has been joined. */
  readonly onJoined: () => void
  readonly onCommitted: (commit: CommitReport) => void
  readonly onRebalance: (
    change: 'assigned' | 'revoked' | 'lost' | 'running',
    partitions: readonly number[],
  ) => void
}

/**
 * One life of a processor's clients, stores and tasks, from the first connection to a stop or a fault. What a fault leaves
 * behind is read again from Kafka by the next session.
 */
export class Session {
  readonly #options: SessionOptions
  readonly #ended: Deferred<void> = deferred()
  readonly #stop = new AbortController()
  readonly #lookups = new Map<string, TableCopy>()
  readonly #outputs: Outputs
  readonly #scheduler: Scheduler
  readonly #check: PartitionCheck
  #partitions = 0
  #admin: Admin | undefined
  #changelogs: Changelogs | undefined
  #guarantee: Guarantee | undefined
  #reader: TableReader | undefined
  #consumer: GroupConsumer | undefined
  #committer: Committer | undefined
  #assignment: Assignment | undefined
  #room: Deferred<void> | undefined
  #refreshTimer: Timer | undefined
  #closing = false
  // The error of a callback: the work before it is committed before it ends the session.
  #failure: { readonly error: unknown } | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    const { clock, log } = options.context
    this.#outputs = new Outputs(options.partitioner)
    this.#check = new PartitionCheck(options.settings.partitionCheck, options.partitioner, log)
    this.#scheduler = new Scheduler(clock, () => this.#mayRun())
  }

  get assignment(): Assignment | undefined {
    return this.#assignment
  }

  get consumer(): GroupConsumer | undefined {
    return this.#consumer
  }

  get committer(): Committer | undefined {
    return this.#committer
  }

  get lookups(): ReadonlyMap<string, TableCopy> {
    return this.#lookups
  }

  get partitions(): number {
    return this.#partitions
  }

  endOfTable(table: PartitionTable): number | undefined {
    return this.#reader?.endOffset(table)
  }

  /** Runs until `stop`; rejects with the fault that ended it. */
  async run(): Promise<void> {
    try {
      await Promise.race([this.#start(), this.#ended.promise])
      if (!this.#stop.signal.aborted) this.#options.onJoined()
      await this.#ended.promise
      await this.#drain()
    } finally {
      await this.#close()
    }
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Commits what is under way and ends `run`. */
  stop(): void {
    this.#stop.abort()
    this.#ended.resolve()
  }

  #fault(error: unknown): void {
    this.#ended.reject(error)
  }

  // A record that its policy lets end the processor.
  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#ended.resolve()
  }

  async #start(): Promise<void> {
    const { transport, context, edges, settings } = this.#options
    const { topicConfig } = transport.capabilities
    const admin = await this.#own(transport.admin(context))
    this.#admin = admin
    this.#partitions = await checkTopics(admin, topicConfig, edges, settings.topics, context.log)
    this.#changelogs = new Changelogs(admin, topicConfig)
    if (this.#hasEnded) return
    await this.#startLookups()
    this.#guarantee = await this.#makeGuarantee()
    await this.#refreshOutputs()
    if (edges.table !== undefined || edges.joins.length > 0) {
      this.#reader = new TableReader(
        await this.#own(transport.partitionReader({ isolation: 'read_committed' }, context)),
        (error) => this.#fault(error),
      )
    }
    if (this.#hasEnded) return
    await this.#join(this.#guarantee)
  }

  // A client that is ready only after the end is closed at once.
  async #own<Client extends { close(): Promise<void> }>(making: Promise<Client>): Promise<Client> {
    const client = await making
    if (this.#closing) {
      await client.close()
      throw new Error('the session has ended')
    }
    return client
  }

  get #hasEnded(): boolean {
    return this.#stop.signal.aborted || this.#failure !== undefined
  }

  async #startLookups(): Promise<void> {
    const { edges, transport, storage, scope, partitioner, context, settings } = this.#options
    await Promise.all(
      edges.lookups.map(async ({ topic }) => {
        const copy = new TableCopy({
          topic,
          scope,
          transport,
          storage,
          partitioner,
          cacheBytes: settings.cacheBytes / (edges.lookups.length + 1),
          restart: settings.restart,
          context,
        })
        this.#lookups.set(topic, copy)
        copy.run().catch((error: unknown) => this.#fault(error))
        await copy.state.until(['running', 'stopped'])
      }),
    )
  }

  async #makeGuarantee(): Promise<Guarantee> {
    const { transport, context, settings, transactionalId } = this.#options
    if (settings.guarantee === 'at-least-once') {
      return new AtLeastOnce(await this.#own(transport.producer({}, context)))
    }
    return new ExactlyOnce(
      await this.#own(transport.transactionalProducer({ transactionalId }, context)),
    )
  }

  async #refreshOutputs(): Promise<void> {
    const { edges, settings, context } = this.#options
    const topics = new Set([
      ...edges.outputs.map(({ topic }) => topic),
      ...(edges.loop === undefined ? [] : [edges.loop.topic]),
      ...deadLetterTopics(settings.onError),
      ...edges.inputs.flatMap(({ options }) => deadLetterTopics(options.onError)),
    ])
    const producer = this.#guarantee?.producer
    if (topics.size === 0 || producer === undefined) return
    await this.#outputs.refresh(producer, topics)
    if (this.#closing) return
    this.#refreshTimer = context.clock.setTimeout(() => {
      this.#refreshOutputs().catch((error: unknown) => {
        if (!this.#hasEnded) context.log.warn({ err: error }, 'the outputs could not be looked up')
      })
    }, REFRESH_MS)
  }

  async #join(guarantee: Guarantee): Promise<void> {
    const { transport, context, edges, settings, onCommitted, onRebalance } = this.#options
    const { clock, log } = context
    const admin = this.#admin as Admin
    const assignment = new Assignment({
      edges,
      admin,
      clock,
      log,
      consumer: () => this.#consumer as GroupConsumer,
      openTables: (holding) => this.#openTables(holding),
      makeTask: (holding) => this.#makeTask(holding, guarantee),
      flush: async (tasks) => this.#committer?.flush(tasks, settings.drainTimeoutMs),
      onFault: (error) => this.#fault(error),
      onChange: onRebalance,
    })
    this.#assignment = assignment
    this.#consumer = await this.#own(
      transport.groupConsumer(
        {
          group: edges.group,
          topics: edges.inputs.map(({ topic }) => topic),
          isolation: 'read_committed',
          listener: assignment,
          ...(settings.instanceId !== undefined && { instanceId: settings.instanceId }),
        },
        context,
      ),
    )
    this.#committer = new Committer({
      guarantee,
      consumer: this.#consumer,
      clock,
      intervalMs: settings.commitIntervalMs,
      tableTopic: edges.table?.topic,
      tasks: () => assignment.tasks(),
      onFault: (error) => this.#fault(error),
      onCommitted: (commit) => {
        onCommitted(commit)
        // There is room again for what had to wait.
        for (const task of assignment.tasks()) if (task.canRun) this.#scheduler.wake(task)
      },
    })
    this.#committer.start()
    this.#poll(this.#consumer, assignment).catch((error: unknown) => this.#fault(error))
  }

  async #poll(consumer: GroupConsumer, assignment: Assignment): Promise<void> {
    while (!this.#hasEnded && !this.#closing) {
      const batches = await consumer.poll(POLL_MS)
      for (const batch of batches) this.#take(batch, assignment)
      if (batches.length === 0) continue
      this.#scheduler.run()
      await this.#throttle(consumer, assignment)
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }

  #take(batch: RecordBatch, assignment: Assignment): void {
    const task = assignment.holding(batch.partition)?.task
    // Without a task the partition has gone meanwhile; its next owner reads the batch again.
    if (task === undefined) return
    const error = this.#check.check(batch, this.#partitions)
    if (error !== undefined) {
      this.#fail(error)
      return
    }
    task.enqueue(batch)
    this.#scheduler.wake(task)
  }

  // Back-pressure: waits a moment for the callbacks; partitions that stay behind are paused, so that polling can go on.
  async #throttle(consumer: GroupConsumer, assignment: Assignment): Promise<void> {
    const { maxQueuedBytes } = this.#options.settings
    const { clock } = this.#options.context
    const queued = (): number => {
      let bytes = 0
      for (const { queuedBytes } of assignment.tasks()) bytes += queuedBytes
      return bytes
    }
    if (queued() > maxQueuedBytes) {
      this.#room = deferred()
      const timer = clock.setTimeout(() => this.#room?.resolve(), POLL_MS)
      await this.#room.promise
      clock.clearTimeout(timer)
      this.#room = undefined
    }
    const share = maxQueuedBytes / Math.max(1, [...assignment.holdings].length)
    const over = queued() > maxQueuedBytes
    for (const holding of assignment.holdings) {
      const { task, paused, partition, starts } = holding
      if (task === undefined) continue
      const topics = [...starts.keys()].map((topic) => ({ topic, partition }))
      if (!paused && over && task.queuedBytes > share) {
        holding.paused = true
        await consumer.pause(topics)
      } else if (paused && task.queuedBytes < share / 2) {
        holding.paused = false
        await consumer.resume(topics)
      }
    }
  }

  #mayRun(): boolean {
    const { maxUncommittedBytes } = this.#options.settings
    let bytes = 0
    for (const task of this.#assignment?.tasks() ?? []) bytes += task.uncommittedBytes
    if (bytes > maxUncommittedBytes) this.#committer?.request()
    return bytes <= maxUncommittedBytes * 2
  }

  async #openTables(holding: Holding): Promise<readonly PartitionTable[]> {
    const { edges, storage, scope, context, settings } = this.#options
    const { clock, log } = context
    const { partition, abort } = holding
    const reader = this.#reader
    const changelogs = this.#changelogs
    const wanted = [...(edges.table === undefined ? [] : [edges.table]), ...edges.joins]
    if (wanted.length === 0 || reader === undefined || changelogs === undefined) return []
    const found = await changelogs.read(wanted.map(({ topic }) => ({ topic, partition })))
    const cacheBytes = settings.cacheBytes / (this.#partitions * wanted.length)
    const startMs = clock.now()
    const results = await Promise.allSettled(
      wanted.map(async ({ topic }, index) => {
        const changelog = found[index] as (typeof found)[number]
        let table = holding.tables[index]
        if (table === undefined) {
          const name = { scope, topic, partition }
          const opened = await openStore(storage, name, changelog, clock, log, abort.signal)
          table = new PartitionTable(
            topic,
            partition,
            opened.store,
            opened.position,
            changelog.topicId,
            cacheBytes,
            clock,
          )
        }
        return table
      }),
    )
    const tables = results.flatMap((result) =>
      result.status === 'fulfilled' ? [result.value] : [],
    )
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined || abort.signal.aborted) {
      await Promise.all(tables.map((table) => table.close()))
      holding.tables = []
      if (failed !== undefined) throw failed.reason
      return []
    }
    holding.tables = tables
    const stopReading = (): void => {
      for (const table of tables) reader.forget(table).catch((error: unknown) => this.#fault(error))
    }
    abort.signal.addEventListener('abort', stopReading, { once: true })
    await Promise.all(
      tables.map((table, index) => {
        const isJoin = table.topic !== edges.table?.topic
        return reader.follow(table, found[index]?.latest ?? 0, isJoin)
      }),
    )
    const recordsRead = tables.reduce((sum, table) => sum + table.recordsRead, 0)
    log.info(
      { partition, recordsRead, durationMs: clock.now() - startMs },
      'the partition is recovered',
    )
    return tables
  }

  #makeTask(holding: Holding, guarantee: Guarantee): Task {
    const { edges, settings, context } = this.#options
    const tables = new Map(holding.tables.map((table) => [table.topic, table]))
    const codec = edges.table?.codec as Codec<unknown>
    const scope: TaskScope = {
      edges,
      partition: holding.partition,
      clock: context.clock,
      log: context.log.child({ partition: holding.partition }),
      signal: holding.abort.signal,
      table: edges.table === undefined ? undefined : tables.get(edges.table.topic),
      joins: new Map(edges.joins.map(({ topic }) => [topic, tables.get(topic) as PartitionTable])),
      lookups: this.#lookups,
      outputs: new Set(edges.outputs.map(({ topic }) => topic)),
      onError: settings.onError,
      concurrency: settings.concurrency,
      holdOutputs: guarantee.holdOutputs,
      newBatch: () => new ProduceBatch(),
      encodeState: (value) => codec.encode(value),
      decodeState: (bytes) => codec.decode(bytes),
      write: (batch, topic, key, value, options) => {
        const timestampMs = options?.timestampMs ?? Number.NaN
        this.#outputs.write(batch, topic, key, value, timestampMs, options?.headers)
      },
      send: (batch) => {
        const sent = guarantee.producer.send(batch)
        sent.catch((error: unknown) => {
          if (!task.isLost) this.#fault(error)
        })
        return sent
      },
      deferredFailure: (record, error) => this.#fail(callbackError(record, error)),
      fail: (error) => this.#fail(error),
      wake: () => {
        this.#scheduler.wake(task)
        this.#room?.resolve()
      },
    }
    const task = new Task(scope)
    return task
  }

  // The graceful end: what is done is committed.
  async #drain(): Promise<void> {
    const { settings, context } = this.#options
    const tasks = [...(this.#assignment?.tasks() ?? [])]
    for (const task of tasks) task.stop()
    this.#committer?.stop()
    try {
      await this.#committer?.flush(tasks, settings.drainTimeoutMs)
    } catch (error) {
      // It did not happen, or nobody knows: the next run starts from what Kafka says.
      if (!isGokaError(error)) throw error
      context.log.warn({ err: error }, 'the last commit failed')
    }
  }

  async #close(): Promise<void> {
    this.#closing = true
    this.#stop.abort()
    this.#scheduler.stop()
    this.#committer?.stop()
    if (this.#refreshTimer !== undefined) {
      this.#options.context.clock.clearTimeout(this.#refreshTimer)
    }
    this.#room?.resolve()
    for (const copy of this.#lookups.values()) copy.stop()
    await Promise.allSettled([
      this.#consumer?.close(),
      this.#assignment?.close(),
      ...[...this.#lookups.values()].map((copy) => copy.state.until('stopped')),
    ])
    await Promise.allSettled([this.#reader?.close(), this.#guarantee?.close()])
    await Promise.allSettled([this.#admin?.close()])
  }
}

import {
  type Admin,
  type ClientContext,
  type Codec,
  type GroupConsumer,
  isGokaError,
  ProduceBatch,
  type Storage,
  type Transport,
} from '@goka/interface'
import { type Deferred, deferred } from '../deferred.ts'
import type { Edges } from '../graph/edges.ts'
import type { Partitioner } from '../partitioner.ts'
import { Changelogs } from '../table/changelogs.ts'
import type { PartitionTable, TableUpdate } from '../table/partition-table.ts'
import type { TableCopy } from '../table/table-copy.ts'
import { TableReader } from '../table/table-reader.ts'
import { Assignment, type AssignmentChange } from './assignment.ts'
import { type CommitReport, Committer } from './committer.ts'
import { AtLeastOnce, ExactlyOnce, type Guarantee } from './guarantee.ts'
import type { Holding } from './holding.ts'
import { Intake } from './intake.ts'
import { type Lookups, makeLookups } from './lookups.ts'
import { Outputs } from './outputs.ts'
import { PartitionCheck } from './partition-check.ts'
import { PartitionTables } from './partition-tables.ts'
import type { ProcessorSettings } from './processor-options.ts'
import { callbackError } from './record-error.ts'
import { writeError } from './record-size.ts'
import type { RecoveryProgress } from './recovery.ts'
import { Scheduler } from './scheduler.ts'
import { Shelf } from './shelf.ts'
import { stateCodec } from './state-codec.ts'
import { type TableReport, tableReport } from './table-report.ts'
import { Task } from './task.ts'
import { Throttle } from './throttle.ts'
import { checkTopics } from './topic-check.ts'

export interface SessionOptions {
  readonly edges: Edges
  readonly settings: ProcessorSettings
  readonly transport: Transport
  readonly storage: Storage | undefined
  /** The scope of the stores: see `StoreName`. */
  readonly scope: string
  readonly partitioner: Partitioner
  /** For exactly-once. */
  readonly transactionalId: string | undefined
  readonly context: ClientContext
  /** What each client is made with, so that its connection is watched. */
  readonly clientContext: () => ClientContext
  /** The group has been joined. */
  readonly onJoined: () => void
  readonly onCommitted: (commit: CommitReport) => void
  readonly onRebalance: (change: AssignmentChange, partitions: readonly number[]) => void
  readonly onProgress: (progress: RecoveryProgress) => void
  readonly onUpdate: ((update: TableUpdate) => void) | undefined
}

/**
 * One life of a processor's clients, stores and tasks, from the first connection to a stop or a fault. What a fault leaves
 * behind is read again from Kafka by the next session.
 */
export class Session {
  readonly #options: SessionOptions
  readonly #ended: Deferred = deferred()
  readonly #stop = new AbortController()
  // Ends the polling: before the last commit, which must not race with new records.
  readonly #intakeEnd = new AbortController()
  readonly #lookups: Lookups
  readonly #outputs: Outputs
  readonly #scheduler: Scheduler
  readonly #throttle: Throttle
  #partitions = 0
  #admin: Admin | undefined
  #guarantee: Guarantee | undefined
  #reader: TableReader | undefined
  #tables: PartitionTables | undefined
  #shelf: Shelf | undefined
  #consumer: GroupConsumer | undefined
  #committer: Committer | undefined
  #assignment: Assignment | undefined
  #closing = false
  // The last commit has been made, or left alone.
  #isDrained = false
  // The error of a callback: the work before it is committed before it ends the session.
  #failure: { readonly error: unknown } | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    const { clock } = options.context
    this.#outputs = new Outputs(options)
    this.#lookups = makeLookups(options)
    this.#scheduler = new Scheduler(clock, () => this.#mayRun())
    this.#throttle = new Throttle(options.settings.maxQueuedBytes, clock)
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
    return this.#lookups.copies
  }

  /** How many partitions the inputs have; 0 before that is known. */
  get partitions(): number {
    return this.#partitions
  }

  /** The tables of a partition that is here. */
  tablesOf({ tables, task }: Holding): readonly TableReport[] {
    return tables.map((table) => this.#report(table, task !== undefined))
  }

  /** The tables that are kept for partitions that are processed elsewhere. */
  get standbys(): readonly TableReport[] {
    return (this.#shelf?.tables ?? []).map((table) => this.#report(table, false))
  }

  #report(table: PartitionTable, isProcessed: boolean): TableReport {
    const { topic, position } = table
    const role = topic === this.#options.edges.table?.topic ? 'table' : 'join'
    // The task is the only one who writes it, and nobody reads it.
    const isWritten = isProcessed && role === 'table'
    const reading = isWritten ? { start: position, end: position } : this.#reader?.reading(table)
    return tableReport(table, role, reading)
  }

  /** Runs until `stop`; rejects with the fault that ended it. */
  async run(): Promise<void> {
    try {
      await Promise.race([this.#start(), this.#ended.promise])
      if (!this.#stop.signal.aborted) this.#options.onJoined()
      await this.#ended.promise
      await this.#drain()
      this.#isDrained = true
    } finally {
      await this.#close()
    }
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Commits what is done and ends `run`. */
  stop(): void {
    this.#stop.abort()
    this.#ended.resolve()
  }

  /** Ends `run` with an error. */
  abort(error: unknown): void {
    this.#fault(error)
  }

  #fault(error: unknown): void {
    this.#ended.reject(error)
  }

  // A record that its policy lets end the processor: if its partition has gone meanwhile, it is for the next owner.
  #fail(error: unknown, task?: Task): void {
    if (task?.isLost === true) return
    this.#failure ??= { error }
    this.#ended.resolve()
  }

  async #start(): Promise<void> {
    const { transport, context, clientContext, edges, settings } = this.#options
    const { topicConfig } = transport.capabilities
    const admin = await this.#own(transport.admin(clientContext()))
    this.#admin = admin
    this.#partitions = await checkTopics(admin, topicConfig, edges, settings.topics, context.log)
    await this.#lookups.start((error) => this.#fault(error))
    this.#guarantee = await this.#makeGuarantee()
    await this.#outputs.start(this.#guarantee.producer)
    await this.#startTables(new Changelogs(admin, topicConfig))
    if (!this.#hasEnded) await this.#join(this.#guarantee)
  }

  async #startTables(changelogs: Changelogs): Promise<void> {
    const { transport, edges, settings, storage, scope, onProgress, onUpdate } = this.#options
    const { clientContext } = this.#options
    const { clock, log } = this.#options.context
    const count = edges.joins.length + (edges.table === undefined ? 0 : 1)
    if (count === 0 || storage === undefined) return
    const reader = new TableReader(
      await this.#own(transport.partitionReader({ isolation: 'read_committed' }, clientContext())),
      (error) => this.#fault(error),
    )
    this.#reader = reader
    const cacheBytes = settings.cacheBytes / (this.#partitions * count)
    const options = {
      edges,
      onUpdate,
      storage,
      scope,
      changelogs,
      reader,
      cacheBytes,
      clock,
      log,
      onProgress,
    }
    this.#tables = new PartitionTables(options)
    const standby = settings.standby === 'all'
    const onFault = (error: unknown): void => this.#fault(error)
    this.#shelf = new Shelf({ tables: this.#tables, standby, clock, onFault })
    if (!standby && !settings.recoverAhead) return
    const filled = this.#shelf.fill(Array.from({ length: this.#partitions }, (_, index) => index))
    if (settings.recoverAhead) await filled
    else filled.catch(onFault)
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

  async #makeGuarantee(): Promise<Guarantee> {
    const { transport, context, clientContext, transactionalId } = this.#options
    if (transactionalId === undefined) {
      return new AtLeastOnce(await this.#own(transport.producer({}, clientContext())))
    }
    const options = { transactionalId }
    const producer = await this.#own(transport.transactionalProducer(options, clientContext()))
    return new ExactlyOnce(producer, transport, context)
  }

  async #join(guarantee: Guarantee): Promise<void> {
    const { transport, context, edges, settings, partitioner, onCommitted, onRebalance } =
      this.#options
    const { clock, log } = context
    const admin = this.#admin as Admin
    const assignment = new Assignment({
      edges,
      partitions: this.#partitions,
      admin,
      clock,
      log,
      consumer: () => this.#consumer as GroupConsumer,
      tables: this.#tables,
      shelf: this.#shelf,
      makeTask: (holding) => this.#makeTask(holding, guarantee),
      flush: async (tasks) => this.#committer?.flush(tasks, settings.drainTimeoutMs),
      settled: async () => this.#committer?.settled(),
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
        this.#options.clientContext(),
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
        this.#scheduler.resume()
      },
    })
    this.#committer.start()
    const intake = new Intake({
      consumer: this.#consumer,
      assignment,
      partitions: this.#partitions,
      check: new PartitionCheck(settings.partitionCheck, partitioner, log),
      scheduler: this.#scheduler,
      throttle: this.#throttle,
      signal: this.#intakeEnd.signal,
    })
    intake.run().catch((error: unknown) => {
      if (isGokaError(error, 'GOKA_PROCESSOR_PARTITIONER')) this.#fail(error)
      else this.#fault(error)
    })
  }

  #mayRun(): boolean {
    const { maxUncommittedBytes } = this.#options.settings
    let bytes = 0
    for (const task of this.#assignment?.tasks() ?? []) bytes += task.uncommittedBytes
    if (bytes > maxUncommittedBytes) this.#committer?.request()
    return bytes <= maxUncommittedBytes * 2
  }

  #makeTask(holding: Holding, guarantee: Guarantee): Task {
    const { edges, settings, context } = this.#options
    const tables = new Map(holding.tables.map((table) => [table.topic, table]))
    const codec = edges.table?.codec as Codec<unknown>
    const task: Task = new Task({
      edges,
      partition: holding.partition,
      clock: context.clock,
      log: context.log.child({ partition: holding.partition }),
      signal: holding.abort.signal,
      table: edges.table === undefined ? undefined : tables.get(edges.table.topic),
      joins: new Map(edges.joins.map(({ topic }) => [topic, tables.get(topic) as PartitionTable])),
      lookups: this.#lookups.copies,
      outputs: new Set(edges.outputs.map(({ topic }) => topic)),
      onError: settings.onError,
      around: settings.around,
      concurrency: settings.concurrency,
      holdOutputs: guarantee.holdOutputs,
      newBatch: () => new ProduceBatch(),
      ...stateCodec(codec, (key, bytes) => {
        this.#outputs.checkSize(edges.table?.topic as string, holding.partition, key, bytes)
      }),
      write: (batch, topic, key, value, options) => {
        this.#outputs.write(batch, topic, key, value, options)
      },
      send: (batch) => {
        const sent = guarantee.producer.send(batch).catch((error: unknown) => {
          throw writeError(error, task)
        })
        sent.catch((error: unknown) => {
          if (!task.isLost) this.#fault(error)
        })
        return sent
      },
      deferredFailure: (record, error) => this.#fail(callbackError(record, error), task),
      fail: (error) => this.#fail(error, task),
      hasRoom: () => this.#mayRun(),
      released: () => this.#throttle.release(),
      wake: () => this.#scheduler.wake(task),
    })
    return task
  }

  // The graceful end: what is done is committed.
  async #drain(): Promise<void> {
    const { settings, context } = this.#options
    this.#intakeEnd.abort()
    const tasks = [...(this.#assignment?.tasks() ?? [])]
    for (const task of tasks) task.stop()
    try {
      await this.#committer?.finish(tasks, settings.drainTimeoutMs)
    } catch (error) {
      // It did not happen, or nobody knows: the next run starts from what Kafka says.
      if (!isGokaError(error)) throw error
      context.log.warn({ err: error }, 'the last commit failed')
    }
  }

  async #close(): Promise<void> {
    this.#closing = true
    this.#stop.abort()
    this.#intakeEnd.abort()
    this.#scheduler.stop()
    this.#committer?.stop()
    this.#outputs.stop()
    this.#throttle.release()
    await Promise.allSettled([
      this.#consumer?.close(),
      this.#assignment?.close(this.#isDrained),
      this.#lookups.stop(),
      // Recoveries under way may wait for answers of these, which closing gives them.
      this.#reader?.close(),
      this.#admin?.close(),
    ])
    await Promise.allSettled([this.#shelf?.close()])
    await Promise.allSettled([this.#guarantee?.close()])
  }
}

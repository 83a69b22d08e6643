import type { ClientContext, Clock, Logger, NewTopic } from '@goka/interface'
import { applyRetention, compact, dropAborted } from './cleaner.ts'
import { Connection, type ConnectionHost, unreachable } from './connection.ts'
import { closed, storageError } from './failures.ts'
import { FaultPlan, type Faults, type PlannedFault, type Request } from './faults.ts'
import { FolderJournal, type JournalSubject } from './folder-journal.ts'
import { isLocked } from './folder-lock.ts'
import { Group, type GroupHost } from './group.ts'
import { type BrokerSettings, brokerSettings, type EmbeddedBrokerOptions } from './options.ts'
import { partitionKey } from './partition-key.ts'
import type { LogHost, PartitionLog } from './partition-log.ts'
import type { Scheduler } from './scheduler.ts'
import type { Topic } from './topic.ts'
import { Topics } from './topics.ts'
import { type TransactionHost, Transactions } from './transactions.ts'

/** A Kafka broker in the process. Several transports may share it. */
export interface EmbeddedBroker {
  /** What a test lets go wrong. */
  readonly faults: Faults
  /**
   * Opens the folder, if there is one; the first client does it too.
   * @throws GokaError `GOKA_TRANSPORT_FAILED` with the reason `LOCKED` while another broker uses the folder
   */
  open(): Promise<void>
  /** Closes every client and, if there is a folder, writes everything and frees it. */
  close(): Promise<void>
  /**
   * Compacts a topic, or one of its partitions, at once: of each key the last record stays. The broker does it by itself
   * now and then for topics whose `cleanup.policy` says so.
   * @throws GokaError `GOKA_TOPIC_UNKNOWN`
   */
  compact(topic: string, partition?: number): void
  /**
   * Drops what a topic, or one of its partitions, keeps no longer by `retention.ms` and `retention.bytes`, at once. The
   * broker does it by itself now and then for topics whose `cleanup.policy` says so, but counts the age of a record from
   * the latest one of its partition.
   * @throws GokaError `GOKA_TOPIC_UNKNOWN`
   */
  applyRetention(topic: string, partition?: number): void
}

/**
 * Makes a broker; nothing is opened yet.
 * @throws GokaError `GOKA_OPTION_INVALID`
 */
export function embeddedBroker(options: EmbeddedBrokerOptions = {}): EmbeddedBroker {
  return new Broker(options)
}

/** The broker as its clients see it. */
export class Broker
  implements EmbeddedBroker, ConnectionHost, GroupHost, JournalSubject, LogHost, TransactionHost
{
  readonly settings: BrokerSettings
  readonly faults: FaultPlan
  readonly topics: Topics
  readonly transactions: Transactions
  readonly journal: FolderJournal | undefined
  readonly #groups = new Map<string, Group>()
  readonly #connections = new Set<Connection>()
  #clock: Clock | undefined
  #lastConnection = 0
  #lastProducer = 0
  #opening: Promise<void> | undefined
  #isClosed = false
  /** Why the broker is of no more use. */
  #end: Error | undefined

  constructor(options: EmbeddedBrokerOptions) {
    this.settings = brokerSettings(options)
    this.#clock = this.settings.clock
    this.faults = new FaultPlan(() => {
      for (const connection of [...this.#connections]) connection.update()
    })
    const { path } = this.settings
    this.journal =
      path === undefined ? undefined : new FolderJournal(path, (error) => this.#fail(error))
    this.topics = new Topics(this)
    this.transactions = new Transactions(this)
  }

  get scheduler(): Scheduler {
    return this.settings.scheduler
  }

  get clock(): Clock {
    return this.#clock ?? SYSTEM_CLOCK
  }

  get transactionTimeoutMs(): number {
    return this.settings.transactionTimeoutMs
  }

  get isDown(): boolean {
    return this.faults.isDown
  }

  get groups(): Iterable<Group> {
    return this.#groups.values()
  }

  open(): Promise<void> {
    return this.#open(undefined)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#end ??= closed('embedded broker')
    for (const connection of [...this.#connections]) connection.break()
    for (const group of this.#groups.values()) group.close()
    this.transactions.close()
    await this.#opening?.catch(() => {})
    await this.journal?.close(this)
  }

  compact(topic: string, partition?: number): void {
    const { config } = this.topics.get(topic)
    for (const log of this.#logs(topic, partition)) compact(log, config, this.clock.now())
  }

  applyRetention(topic: string, partition?: number): void {
    const { config } = this.topics.get(topic)
    for (const log of this.#logs(topic, partition)) applyRetention(log, config, this.clock.now())
  }

  /**
   * Makes the connection of a new client.
   * @throws GokaError `GOKA_TRANSPORT_UNREACHABLE`, `GOKA_TRANSPORT_CLOSED`
   */
  async connect(context: ClientContext): Promise<Connection> {
    this.#clock ??= context.clock
    await this.#open(context.log)
    const connection = new Connection(this, ++this.#lastConnection, context)
    this.#connections.add(connection)
    const { clock, connectTimeoutMs } = context
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = clock.setTimeout(
          () => reject(unreachable(connection.id, connectTimeoutMs)),
          connectTimeoutMs,
        )
        connection
          .request('connect', { operation: 'connect' }, () => {})
          .then(resolve, reject)
          .finally(() => clock.clearTimeout(timer))
      })
    } catch (error) {
      connection.close()
      throw error
    }
    connection.connected()
    return connection
  }

  forget(connection: Connection): void {
    this.#connections.delete(connection)
  }

  group(name: string): Group {
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const group = new Group(name, this)
    this.#groups.set(name, group)
    return group
  }

  createTopic(topic: NewTopic): void {
    this.topics.create(topic)
    this.#topicChanged(topic.topic)
  }

  deleteTopic(topic: string): void {
    this.topics.delete(topic)
    for (const group of this.#groups.values()) group.offsets.forgetTopic(topic)
    this.#topicChanged(topic)
  }

  createPartitions(topic: string, partitions: number): void {
    this.topics.grow(topic, partitions)
    this.#topicChanged(topic)
  }

  nextProducerId(): number {
    return ++this.#lastProducer
  }

  isCut(clientId: string): boolean {
    return this.faults.isCut(clientId)
  }

  isFrozen(clientId: string): boolean {
    return this.faults.isFrozen(clientId)
  }

  meet(request: Request, clientId: string): PlannedFault | undefined {
    return this.faults.meet(request, clientId)
  }

  segmentClosed(log: PartitionLog): void {
    this.scheduler.schedule(`cleaner > ${partitionKey(log)}`, () => {
      const topic = this.topics.find(log.topic)
      if (topic !== undefined && !log.isDeleted) this.#clean(topic, log)
    })
  }

  clean(): void {
    for (const topic of this.topics.values()) {
      for (const log of topic.logs) {
        this.#clean(topic, log)
        dropAborted(log)
      }
    }
  }

  kept(callback: () => void): void {
    if (this.journal === undefined) callback()
    else this.journal.written(callback)
  }

  async #open(log: Logger | undefined): Promise<void> {
    this.#checkUsable()
    this.#opening ??= this.journal?.open(this, log)
    try {
      await this.#opening
    } catch (error) {
      // Only a folder that is locked may be tried again: another fault may have come in the middle of the replay.
      if (isLocked(error)) this.#opening = undefined
      throw error
    }
    this.#checkUsable()
  }

  #checkUsable(): void {
    if (this.#end !== undefined) throw this.#end
  }

  /** The folder cannot be written: nothing that is done from now on would be kept. */
  #fail(cause: unknown): void {
    this.#end = storageError('write', String(this.settings.path), cause)
    for (const connection of [...this.#connections]) connection.break(this.#end)
  }

  #clean({ config }: Topic, log: PartitionLog): void {
    // By the time of the log, so that records with old timestamps are not gone before anybody reads them.
    const nowMs = Math.min(this.clock.now(), log.maxTimestamp)
    if (config.isDeleted) applyRetention(log, config, nowMs)
    if (config.isCompacted && log.isDirty) compact(log, config, nowMs)
  }

  #logs(topic: string, partition: number | undefined): readonly PartitionLog[] {
    if (partition === undefined) return this.topics.get(topic).logs
    return [this.topics.log({ topic, partition })]
  }

  #topicChanged(topic: string): void {
    for (const group of this.#groups.values()) group.topicChanged(topic)
  }
}

/** For retention before there is a client. */
const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
}

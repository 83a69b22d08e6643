import type { ClientContext, Clock, NewTopic } from '@goka/interface'
import { Connection, type ConnectionHost, unreachable } from './connection.ts'
import { closed } from './failures.ts'
import { FaultPlan, type Faults, type PlannedFault, type Request } from './faults.ts'
import { Group, type GroupHost } from './group.ts'
import type { Journal } from './journal.ts'
import { type BrokerSettings, brokerSettings, type EmbeddedBrokerOptions } from './options.ts'
import type { Scheduler } from './scheduler.ts'
import { Topics } from './topics.ts'

/** A Kafka broker in the process. Several transports may share it. */
export interface EmbeddedBroker {
  /** What a test lets go wrong. */
  readonly faults: Faults
  /** Opens the folder, if there is one; the first client does it too. */
  open(): Promise<void>
  /** Closes every client and, if there is a folder, writes everything and frees it. */
  close(): Promise<void>
}

/**
 * Makes a broker; nothing is opened yet.
 * @throws GokaError `GOKA_OPTION_INVALID`
 */
export function embeddedBroker(options: EmbeddedBrokerOptions = {}): EmbeddedBroker {
  return new Broker(options)
}

/** The broker as its clients see it. */
export class Broker implements EmbeddedBroker, ConnectionHost, GroupHost {
  readonly settings: BrokerSettings
  readonly faults: FaultPlan
  readonly topics: Topics
  readonly journal: Journal | undefined
  readonly #groups = new Map<string, Group>()
  readonly #connections = new Set<Connection>()
  #lastConnection = 0
  #lastProducer = 0
  #isClosed = false

  constructor(options: EmbeddedBrokerOptions) {
    this.settings = brokerSettings(options)
    this.faults = new FaultPlan(() => {
      for (const connection of [...this.#connections]) connection.update()
    })
    this.journal = undefined
    this.topics = new Topics(this.journal)
  }

  get scheduler(): Scheduler {
    return this.settings.scheduler
  }

  get isDown(): boolean {
    return this.faults.isDown
  }

  async open(): Promise<void> {
    if (this.#isClosed) throw closed('embedded broker')
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const connection of [...this.#connections]) connection.close()
  }

  /**
   * Makes the connection of a new client.
   * @throws GokaError `GOKA_TRANSPORT_UNREACHABLE`, `GOKA_TRANSPORT_CLOSED`
   */
  async connect(context: ClientContext): Promise<Connection> {
    await this.open()
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

  clockFor(client: Clock): Clock {
    return this.settings.clock ?? client
  }

  kept(callback: () => void): void {
    if (this.journal === undefined) callback()
    else this.journal.written(callback)
  }

  #topicChanged(topic: string): void {
    for (const group of this.#groups.values()) group.topicChanged(topic)
  }
}

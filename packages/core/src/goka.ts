import {
  type Admin,
  type ClientContext,
  type Clock,
  type Logger,
  type Storage,
  silentLogger,
  systemClock,
  type Transport,
} from '@goka/interface'
import { Emitter, type EmitterOptions } from './emitter.ts'
import { checkDescriptor, type Group } from './graph/group.ts'
import type { Shape } from './graph/shape.ts'
import type { Stream, Table } from './graph/stream.ts'
import {
  checkDuration,
  checkFunction,
  checkInteger,
  checkKnown,
  checkMethods,
  checkText,
  invalidOption,
} from './options.ts'
import { fnv1a, type Partitioner } from './partitioner.ts'
import { Processor } from './processor/processor.ts'
import {
  type ProcessorOptions,
  processorSettings,
  type RestartOptions,
  restartSettings,
} from './processor/processor-options.ts'
import type { TableUpdate } from './table/partition-table.ts'
import { View } from './view/view.ts'

/** What everything made from one {@link Goka} shares. */
export interface GokaOptions {
  /** The way to Kafka: `rdkafka({ brokers })`, `embedded()`, ... */
  readonly transport: Transport
  /** Where tables are kept: `leveldb({ path })`, `memory()`, ... Needed by groups with tables and by views. */
  readonly storage?: Storage
  /** Where to log to: a pino logger fits. Default: nowhere. */
  readonly log?: Logger
  /** Which partition a key belongs to; the same for all who write or read a topic. Default `fnv1a`, as Goka's. */
  readonly partitioner?: Partitioner
  /** How long to wait for the first answer of a broker, milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number
  /** Kafka's `client.id` begins with it. Default `'goka'`. */
  readonly clientId?: string
  /** Time and timers, for tests. Default: the machine's. */
  readonly clock?: Clock
}

/** What a view may set. */
export interface ViewOptions {
  /** Default: the one of {@link GokaOptions}. One of its own keeps its stores without a scope: see `StoreName`. */
  readonly storage?: Storage
  /** How many bytes the values in use may take, roughly. Default 64 MiB. */
  readonly cacheBytes?: number
  /** Called for each record of the table once it is in the local store, in the order of its partition. Must return soon. */
  readonly onUpdate?: (update: TableUpdate) => void
  /** When faults are ridden out by starting again. Default: always. */
  readonly restart?: RestartOptions
}

/** Makes emitters, processors and views that share a transport, a storage and a logger. Nothing connects before it is used. */
export class Goka {
  readonly #options: GokaOptions
  readonly #partitioner: Partitioner
  readonly #log: Logger
  readonly #clock: Clock
  readonly #connectTimeoutMs: number
  readonly #clientId: string

  /** @throws GokaError `GOKA_OPTION_INVALID` */
  constructor(options: GokaOptions) {
    checkKnown('options', options, [
      'transport',
      'storage',
      'log',
      'partitioner',
      'connectTimeoutMs',
      'clientId',
      'clock',
    ])
    if (typeof options.transport?.groupConsumer !== 'function') {
      throw invalidOption(
        'transport',
        'a transport such as rdkafka({ brokers })',
        options.transport,
      )
    }
    if (options.storage !== undefined) checkStorage(options.storage)
    const { partitioner = fnv1a, log = silentLogger, clock = systemClock } = options
    this.#options = options
    this.#partitioner = checkMethods('partitioner', partitioner, ['partition'])
    this.#log = checkMethods('log', log, ['debug', 'info', 'warn', 'error', 'child'])
    this.#clock = checkMethods('clock', clock, ['now', 'setTimeout', 'clearTimeout'])
    this.#connectTimeoutMs = checkDuration('connectTimeoutMs', options.connectTimeoutMs, 10_000, 1)
    this.#clientId = checkText('clientId', options.clientId, 'goka')
  }

  /**
   * An emitter for a stream.
   * @throws GokaError `GOKA_OPTION_INVALID`
   */
  emitter<T>(stream: Stream<T>, options: EmitterOptions = {}): Emitter<T> {
    checkDescriptor('stream', stream)
    return new Emitter({
      stream,
      options,
      transport: this.#options.transport,
      partitioner: this.#partitioner,
      context: this.#context(`emitter-${stream.topic}`, { topic: stream.topic }),
    })
  }

  /**
   * A processor for a group: one instance of it.
   * @throws GokaError `GOKA_OPTION_INVALID`, `GOKA_GRAPH_INVALID`
   */
  processor<Name extends string, G extends Shape>(
    group: Group<Name, G>,
    options: ProcessorOptions & { readonly storage?: Storage } = {},
  ): Processor<G['state']> {
    const { storage: own, ...rest } = options
    const edges = group?.edges
    const settings = processorSettings(rest)
    if (edges === undefined) throw invalidOption('group', 'what defineGroup() returned', group)
    if (edges.inputs.every(({ loop }) => loop)) {
      throw invalidOption('group', 'a group with at least one input', group.name)
    }
    const needsStorage = edges.table !== undefined || edges.joins.length + edges.lookups.length > 0
    return new Processor<G['state']>({
      edges,
      settings,
      transport: this.#options.transport,
      storage: needsStorage ? this.#storage(own) : (own ?? this.#options.storage),
      scope: own === undefined ? `processor/${group.name}` : '',
      partitioner: this.#partitioner,
      context: this.#context(`processor-${group.name}`, { group: group.name }),
    })
  }

  /**
   * A view of a table.
   * @throws GokaError `GOKA_OPTION_INVALID`
   */
  view<T>(table: Table<T>, options: ViewOptions = {}): View<T> {
    checkKnown('options', options, ['storage', 'cacheBytes', 'onUpdate', 'restart'])
    if (options.onUpdate !== undefined) checkFunction('onUpdate', options.onUpdate)
    checkDescriptor('table', table)
    return new View(table.codec, {
      topic: table.topic,
      scope: options.storage === undefined ? 'view' : '',
      transport: this.#options.transport,
      storage: this.#storage(options.storage),
      partitioner: this.#partitioner,
      cacheBytes: checkInteger('cacheBytes', options.cacheBytes, 64 * 1024 * 1024, 0),
      restart: restartSettings(options.restart),
      context: this.#context(`view-${table.topic}`, { table: table.topic }),
      ...(options.onUpdate !== undefined && { onUpdate: this.#logged(options.onUpdate) }),
    })
  }

  /**
   * Topics and offsets, for programs that make what they need. Close it after use.
   * @throws GokaError `GOKA_TRANSPORT_UNREACHABLE`, `GOKA_TRANSPORT_UNAUTHORIZED`
   */
  admin(): Promise<Admin> {
    return this.#options.transport.admin(this.#context('admin', {}))
  }

  #logged(onUpdate: (update: TableUpdate) => void): (update: TableUpdate) => void {
    return (update) => {
      try {
        onUpdate(update)
      } catch (error) {
        this.#log.error({ err: error, topic: update.topic }, 'onUpdate of the view failed')
      }
    }
  }

  #storage(own: Storage | undefined): Storage {
    const storage = own ?? this.#options.storage
    if (storage === undefined) {
      throw invalidOption('storage', 'given: tables need one, such as leveldb({ path })', storage)
    }
    return checkStorage(storage)
  }

  #context(name: string, bindings: Record<string, unknown>): ClientContext {
    return {
      clientId: `${this.#clientId}-${name}`,
      log: this.#log.child(bindings),
      clock: this.#clock,
      connectTimeoutMs: this.#connectTimeoutMs,
    }
  }
}

function checkStorage(storage: Storage): Storage {
  if (typeof storage?.open !== 'function') {
    throw invalidOption('storage', 'a storage such as leveldb({ path })', storage)
  }
  return storage
}

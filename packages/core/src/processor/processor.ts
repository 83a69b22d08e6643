import {
  type ClientContext,
  type Codec,
  GokaError,
  type Storage,
  type Transport,
} from '@goka/interface'
import { Backoff, delay } from '../backoff.ts'
import { isRetriable } from '../faults.ts'
import type { Edges } from '../graph/edges.ts'
import { encodeKey } from '../key.ts'
import { ObservableState, type StateReader } from '../observable-state.ts'
import type { Partitioner } from '../partitioner.ts'
import { Patience } from '../patience.ts'
import { decodeCopy } from '../table/decode-copy.ts'
import { Identity } from './identity.ts'
import type { ProcessorListener, ProcessorSettings } from './processor-options.ts'
import type { ProcessorState } from './processor-state.ts'
import {
  type PartitionReport,
  type ProcessorReport,
  ProcessorStatistics,
} from './processor-statistics.ts'
import { messageOf } from './record-error.ts'
import { Session } from './session.ts'
import { distance, tableReport } from './table-report.ts'
import { visitTasks } from './visit.ts'

export interface ProcessorParts {
  readonly edges: Edges
  readonly settings: ProcessorSettings
  readonly transport: Transport
  /** `undefined` for a group without tables that was given none. */
  readonly storage: Storage | undefined
  readonly scope: string
  readonly partitioner: Partitioner
  readonly context: ClientContext
}

/** A member of a processor group: runs the group's callbacks for the partitions that it is given. `State` is what the group's table holds. */
export class Processor<State> {
  /** Where the processor is in its life. */
  readonly state: StateReader<ProcessorState>
  readonly #state: ObservableState<ProcessorState>
  readonly #parts: ProcessorParts
  readonly #stop = new AbortController()
  readonly #statistics = new ProcessorStatistics()
  readonly #patience: Patience
  #session: Session | undefined
  #run: Promise<void> | undefined

  /** Made by `Goka.processor`. */
  constructor(parts: ProcessorParts) {
    this.#parts = parts
    const { clock } = parts.context
    const { group } = parts.edges
    this.#state = new ObservableState<ProcessorState>('idle', () => clock.now(), {
      state: 'stopped',
      error: () =>
        new GokaError(
          'GOKA_PROCESSOR_NOT_READY',
          `the processor of group "${group}" has ended: run() tells why`,
          { group, partition: -1, state: 'stopped' },
        ),
    })
    this.state = this.#state
    this.#state.onChange((state) => this.#statistics.event(clock.now(), state))
    this.#patience = new Patience(
      parts.context,
      parts.settings.restart.giveUpAfterMs,
      (isConnected, cause) => {
        const message = cause === undefined ? '' : cause.message
        this.#statistics.event(clock.now(), isConnected ? 'connected' : 'disconnected', message)
      },
    )
  }

  /** The name of the group. */
  get group(): string {
    return this.#parts.edges.group
  }

  /**
   * Runs until `stop` is called or `signal` is aborted, and then until what is under way is committed. Rides out faults of
   * the broker; rejects with any other.
   * @throws GokaError `GOKA_RUN_TWICE`, `GOKA_TOPIC_UNKNOWN`, `GOKA_TOPIC_MISMATCH`, `GOKA_PROCESSOR_CALLBACK`,
   *   `GOKA_PROCESSOR_DECODE`, `GOKA_PROCESSOR_PARTITIONER`, `GOKA_STORAGE_*`, `GOKA_TRANSPORT_UNAUTHORIZED`,
   *   `GOKA_TRANSPORT_RECORD_TOO_LARGE`, and with `restart.giveUpAfterMs` the fault that lasted too long
   */
  run(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#run !== undefined) {
      const name = this.group
      return Promise.reject(
        new GokaError(
          'GOKA_RUN_TWICE',
          `the processor of group "${name}" has been run before: make another one`,
          { name },
        ),
      )
    }
    const { signal } = options
    const stop = (): void => {
      this.#stop.abort()
    }
    if (signal?.aborted === true) stop()
    signal?.addEventListener('abort', stop, { once: true })
    this.#run = this.#supervise().finally(() => signal?.removeEventListener('abort', stop))
    return this.#run
  }

  /**
   * Ends `run`: callbacks under way may go on for `drainTimeoutMs`, and what is done is committed. Resolves when `run` has
   * ended, however. May be called at any time and again.
   */
  async stop(): Promise<void> {
    this.#stop.abort()
    if (this.#run === undefined) {
      this.#run = Promise.resolve()
      this.#state.set('stopped')
    }
    await this.#run.catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #supervise(): Promise<void> {
    const { settings, context } = this.#parts
    const { clock, log } = context
    const { signal } = this.#stop
    const backoff = new Backoff(settings.restart)
    const patience = this.#patience
    // Between two sessions nothing else may keep the process alive.
    const alive = setInterval(() => {}, 2 ** 30)
    let identity: Identity | undefined
    try {
      if (settings.guarantee === 'exactly-once') identity = await this.#identify()
      while (!signal.aborted) {
        this.#state.set('starting')
        const session = this.#makeSession(identity?.transactionalId, () => {
          backoff.reset()
          patience.succeeded()
        })
        patience.begin((error) => session.abort(error))
        const stop = (): void => {
          this.#state.set('stopping')
          session.stop()
        }
        signal.addEventListener('abort', stop, { once: true })
        this.#session = session
        try {
          await session.run()
        } catch (error) {
          if (!isRetriable(error)) throw error
          if (signal.aborted) return
          patience.failed()
          if (patience.isOver) throw error
          const delayMs = backoff.next()
          log.warn({ err: error, delayMs }, 'the processor starts again after a fault')
          this.#statistics.restarts++
          this.#statistics.event(clock.now(), 'fault', messageOf(error))
          this.#state.set('restarting')
          await delay(clock, delayMs, signal)
        } finally {
          patience.end()
          signal.removeEventListener('abort', stop)
          this.#session = undefined
        }
      }
    } catch (error) {
      this.#statistics.event(clock.now(), 'failed', messageOf(error))
      log.error({ err: error }, 'the processor has failed')
      throw error
    } finally {
      await identity?.release()
      clearInterval(alive)
      this.#state.set('stopped')
    }
  }

  async #identify(): Promise<Identity> {
    const { settings, storage, scope, context } = this.#parts
    const { instanceId } = settings
    if (instanceId === undefined) {
      return await Identity.claim(storage, scope, this.group, context.log)
    }
    return Identity.of(`${this.group}-${instanceId}`)
  }

  #makeSession(transactionalId: string | undefined, onHealthy: () => void): Session {
    const { context } = this.#parts
    const { clock, log } = context
    const statistics = this.#statistics
    return new Session({
      ...this.#parts,
      transactionalId,
      clientContext: () => this.#patience.watched(),
      onJoined: () => {
        onHealthy()
        this.#state.set('running')
      },
      onCommitted: ({ durationMs, records, tableWrites }) => {
        statistics.committed(clock.now(), durationMs, records, tableWrites)
      },
      onRebalance: (change, partitions) => {
        log.info({ partitions }, `partitions ${change}`)
        statistics.event(clock.now(), change, '', partitions)
        this.#tell(change, partitions)
      },
      onProgress: (progress) => this.#tell('recovering', progress),
      // Not at all unless asked for: it costs an object a record.
      onUpdate:
        this.#parts.settings.listener.updated === undefined
          ? undefined
          : (update) => this.#tell('updated', update),
    })
  }

  #tell<Event extends keyof ProcessorListener>(
    event: Event,
    ...facts: Parameters<NonNullable<ProcessorListener[Event]>>
  ): void {
    const { settings, context } = this.#parts
    const listener = settings.listener[event] as ((...facts: unknown[]) => void) | undefined
    try {
      listener?.(...facts)
    } catch (error) {
      context.log.error({ err: error, event }, 'the listener of the processor failed')
    }
  }

  /** The partitions whose records are being processed here now. */
  get partitions(): readonly number[] {
    const running = [...(this.#session?.assignment?.holdings ?? [])].filter(
      ({ state }) => state === 'running',
    )
    return running.map(({ partition }) => partition).sort((a, b) => a - b)
  }

  /**
   * The committed value of a key of the group table.
   * @throws GokaError `GOKA_PROCESSOR_NOT_READY` when the key's partition is not here, or not recovered yet
   */
  async get(key: string): Promise<State | undefined> {
    const { edges, partitioner } = this.#parts
    const { group, table } = edges
    if (table === undefined) {
      throw new GokaError(
        'GOKA_GRAPH_INVALID',
        `group "${group}" has no table: add .persist(codec)`,
        { group, reason: 'no table' },
      )
    }
    const session = this.#session
    const bytesOfKey = encodeKey(key)
    const partition =
      session === undefined || session.partitions === 0
        ? -1
        : partitioner.partition(bytesOfKey, session.partitions)
    const holding = session?.assignment?.holding(partition)
    const ready = holding?.tables.find(({ topic }) => topic === table.topic)
    if (holding?.state !== 'running' || ready === undefined) {
      const state = holding?.state ?? this.#state.current
      throw new GokaError(
        'GOKA_PROCESSOR_NOT_READY',
        `partition ${partition} of group "${group}" is not ready here (${state}): ask the instance that runs it, or a view`,
        { group, partition, state },
      )
    }
    const [bytes] = await ready.read([bytesOfKey])
    return bytes === undefined ? undefined : decodeCopy(table.codec as Codec<State>, bytes)
  }

  /**
   * Calls a visitor of the group for every key of the partitions that run here, in turn with the records; `meta` is its
   * message. Resolves with the number of keys when what it wrote is committed.
   * @throws GokaError `GOKA_VISIT_ABORTED` by a rebalance or stop, `GOKA_GRAPH_INVALID` for a name that is not declared,
   *   `GOKA_PROCESSOR_NOT_READY`
   */
  async visitAll(
    name: string,
    meta?: unknown,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<number> {
    const { edges } = this.#parts
    const { group } = edges
    const callback = edges.visitors.get(name)
    if (callback === undefined) {
      throw new GokaError(
        'GOKA_GRAPH_INVALID',
        `group "${group}" has no visitor "${name}": add .visitor(name, callback)`,
        { group, reason: `no visitor "${name}"` },
      )
    }
    const session = this.#session
    if (session?.assignment === undefined || session.committer === undefined) {
      const state = this.#state.current
      throw new GokaError(
        'GOKA_PROCESSOR_NOT_READY',
        `group "${group}" cannot be visited while the processor is ${state}`,
        { group, partition: -1, state },
      )
    }
    const tasks = [...session.assignment.tasks()]
    const { committer } = session
    return visitTasks(group, name, callback, meta, tasks, committer, options.signal)
  }

  /** What the processor is doing: plain values, for monitors. */
  report(): ProcessorReport {
    const session = this.#session
    const statistics = this.#statistics
    const partitions: PartitionReport[] = []
    for (const holding of session?.assignment?.holdings ?? []) {
      const { partition, state, sinceMs, task } = holding
      const counters = task?.statistics
      partitions.push({
        partition,
        state,
        sinceMs,
        inFlight: task?.inFlight ?? 0,
        queuedBytes: task?.queuedBytes ?? 0,
        uncommittedBytes: task?.uncommittedBytes ?? 0,
        errors: counters?.errors ?? 0,
        skipped: counters?.skipped ?? 0,
        retries: counters?.retries ?? 0,
        emitted: counters?.emitted ?? 0,
        inputs: [...(counters?.inputs ?? [])].map(([topic, input]) => {
          const end = session?.consumer?.endOffset({ topic, partition })
          return { topic, ...input, ...distance(input.position, end) }
        }),
        tables: session?.tablesOf(holding) ?? [],
      })
    }
    return {
      group: this.group,
      state: this.#state.current,
      sinceMs: this.#state.sinceMs,
      isConnected: this.#session !== undefined && this.#patience.isConnected,
      partitions: partitions.sort((a, b) => a.partition - b.partition),
      standbys: session?.standbys ?? [],
      lookups: [...(session?.lookups.values() ?? [])].flatMap((copy) =>
        copy.tables.map((table) => tableReport(table, 'lookup', copy.reading(table))),
      ),
      commits: { ...statistics.commits },
      restarts: statistics.restarts,
      events: statistics.events,
    }
  }
}

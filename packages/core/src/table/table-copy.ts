import {
  type Awaitable,
  type ByteString,
  type ClientContext,
  GokaError,
  type Storage,
  type Transport,
} from '@goka/interface'
import { Backoff, type BackoffOptions, delay } from '../backoff.ts'
import { isRetriable } from '../faults.ts'
import { ObservableState } from '../observable-state.ts'
import type { Partitioner } from '../partitioner.ts'
import { Patience } from '../patience.ts'
import type { Cell } from './cell-cache.ts'
import { Changelogs } from './changelogs.ts'
import { type Changelog, openStore } from './open-store.ts'
import { PartitionTable, type TableUpdate } from './partition-table.ts'
import { TableReader, type TableReading } from './table-reader.ts'

/**
 * `connecting`: no connection (yet, or again; what was read is served once it was complete). `recovering`: reading what
 * is missing. `running`: complete, and following the topic.
 */
export type TableCopyState = 'idle' | 'connecting' | 'recovering' | 'running' | 'stopped'

export interface TableCopyOptions {
  readonly topic: string
  readonly scope: string
  readonly transport: Transport
  readonly storage: Storage
  readonly partitioner: Partitioner
  readonly cacheBytes: number
  readonly restart: BackoffOptions & { readonly giveUpAfterMs: number }
  readonly context: ClientContext
  /** Called for each record once it is in the store. */
  readonly onUpdate?: (update: TableUpdate) => void
}

/**
 * All partitions of a table, on this instance, kept up to date: what a view and a lookup read. Faults that pass are ridden
 * out; reads go on meanwhile.
 */
export class TableCopy {
  readonly state: ObservableState<TableCopyState>
  readonly #options: TableCopyOptions
  readonly #stop = new AbortController()
  // As `#stop` says: every read asks.
  #stopped = false
  readonly #patience: Patience
  #tables: PartitionTable[] = []
  #reader: TableReader | undefined
  #complete = false

  constructor(options: TableCopyOptions) {
    this.#options = options
    const { clock } = options.context
    const { topic } = options
    this.#patience = new Patience(options.context, options.restart.giveUpAfterMs)
    this.state = new ObservableState<TableCopyState>('idle', () => clock.now(), {
      state: 'stopped',
      error: () =>
        new GokaError(
          'GOKA_VIEW_NOT_READY',
          `the copy of table "${topic}" has ended: run() tells why`,
          { table: topic, state: 'stopped' },
        ),
    })
  }

  /** The partitions, in order; empty before the first connection. */
  get tables(): readonly PartitionTable[] {
    return this.#tables
  }

  /** Whether everything that the topic held when the copy was started has been read. */
  get isComplete(): boolean {
    return this.#complete
  }

  /** How far the reading of a partition has to go; `undefined` while there is no connection. */
  reading(table: PartitionTable): TableReading | undefined {
    return this.#reader?.reading(table)
  }

  /**
   * A key and its bytes.
   * @throws GokaError `GOKA_VIEW_NOT_READY` before the copy is complete
   */
  get(key: ByteString): Awaitable<Cell> {
    return this.tableOf(key).get(key)
  }

  /**
   * For how long reads may have been out of date, milliseconds: 0 while the copy is connected and at the end of its topic.
   */
  get staleMs(): number {
    if (this.state.current === 'running') this.#markCurrent()
    const { clock } = this.#options.context
    const oldest = Math.min(...this.#tables.map(({ currentMs }) => currentMs))
    return this.#tables.length === 0 ? Number.POSITIVE_INFINITY : Math.max(0, clock.now() - oldest)
  }

  #markCurrent(): void {
    for (const table of this.#tables) {
      const end = this.#reader?.endOffset(table) ?? Number.POSITIVE_INFINITY
      if (table.position >= end) table.markCurrent()
    }
  }

  /** The partition that a key belongs to. */
  tableOf(key: ByteString): PartitionTable {
    if (!this.#complete || this.#stopped) this.#throwNotReady()
    const index = this.#options.partitioner.partition(key, this.#tables.length)
    return this.#tables[index] as PartitionTable
  }

  #throwNotReady(): never {
    const { topic } = this.#options
    const state = this.state.current
    throw new GokaError(
      'GOKA_VIEW_NOT_READY',
      `the copy of table "${topic}" is not complete (${state}): run it and wait for its state "running"`,
      { table: topic, state },
    )
  }

  /** Follows the table until `stop`; rejects with a fault that does not pass. */
  async run(): Promise<void> {
    const { context, restart, topic } = this.#options
    const { clock, log } = context
    const { signal } = this.#stop
    const backoff = new Backoff(restart)
    const patience = this.#patience
    try {
      while (!signal.aborted) {
        this.state.set('connecting')
        try {
          await this.#follow(() => {
            backoff.reset()
            patience.succeeded()
          })
        } catch (error) {
          if (signal.aborted) break
          if (!isRetriable(error)) throw error
          patience.failed()
          if (patience.isOver) throw error
          const delayMs = backoff.next()
          log.warn({ err: error, topic, delayMs }, 'the table cannot be read: trying again')
          this.state.set('connecting')
          await delay(clock, delayMs, signal)
        }
      }
    } finally {
      patience.end()
      await Promise.all(this.#tables.map((table) => table.close()))
      this.state.set('stopped')
    }
  }

  /** Ends `run`. */
  stop(): void {
    this.#stopped = true
    this.#stop.abort()
  }

  async #follow(onRunning: () => void): Promise<void> {
    const { context, transport, topic } = this.#options
    const { signal } = this.#stop
    const faulted = new AbortController()
    const clients: { close(): Promise<void> }[] = []
    const close = async (): Promise<void> => {
      await Promise.allSettled(clients.map((client) => client.close()))
    }
    // Neither a stop nor the end of patience waits for answers: closing settles the calls that are under way.
    const interrupt = (): void => void close()
    this.#patience.begin((error) => {
      faulted.abort(error)
      interrupt()
    })
    const admin = await this.#own(transport.admin(this.#patience.watched()))
    if (admin === undefined) return
    clients.push(admin)
    signal.addEventListener('abort', interrupt, { once: true })
    try {
      const changelogs = new Changelogs(admin, transport.capabilities.topicConfig)
      const ends = await this.#open(changelogs)
      if (signal.aborted) return
      const partitionReader = await this.#own(
        transport.partitionReader(
          { isolation: 'read_committed' },
          this.#patience.watched((up) => this.#onConnection(up)),
        ),
      )
      if (partitionReader === undefined) return
      const reader = new TableReader(partitionReader, (error) => faulted.abort(error))
      clients.push(reader)
      this.#reader = reader
      this.state.set('recovering')
      await Promise.all(
        this.#tables.map((table, index) => reader.follow(table, ends[index] as number, true)),
      )
      if (faulted.signal.aborted) throw faulted.signal.reason
      if (signal.aborted) return
      this.#complete = true
      this.state.set('running')
      onRunning()
      context.log.info({ topic, partitions: this.#tables.length }, 'the table is complete')
      await aborted(signal, faulted.signal)
      if (faulted.signal.aborted && !signal.aborted) throw faulted.signal.reason
    } catch (error) {
      throw faulted.signal.aborted ? faulted.signal.reason : error
    } finally {
      signal.removeEventListener('abort', interrupt)
      this.#reader = undefined
      await close()
    }
  }

  // The client, unless a stop comes first: then it is closed as soon as it is there.
  async #own<Client extends { close(): Promise<void> }>(
    making: Promise<Client>,
  ): Promise<Client | undefined> {
    const { signal } = this.#stop
    const made = new AbortController()
    const end = (): void => made.abort()
    making.then(end, end)
    await aborted(signal, made.signal)
    if (!signal.aborted) return making
    making.then((client) => client.close()).catch(() => {})
    return undefined
  }

  // Opens what is not open yet; returns the ends to reach.
  async #open(changelogs: Changelogs): Promise<readonly number[]> {
    const { topic, scope, storage, cacheBytes, context, onUpdate } = this.#options
    const count = await changelogs.partitions(topic)
    const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
    const found = await changelogs.read(partitions)
    if (this.#tables.some((table, index) => !fits(table, found[index]))) {
      // The topic was made anew or truncated behind our back: opening the stores again finds out and rebuilds them.
      this.#complete = false
      await Promise.all(this.#tables.map((table) => table.close()))
      this.#tables = []
    }
    if (this.#tables.length === 0) {
      const opened = await Promise.allSettled(
        partitions.map(async ({ partition }) => {
          const changelog = found[partition] as (typeof found)[number]
          const name = { scope, topic, partition }
          const { clock, log } = context
          const { store, position } = await openStore(
            storage,
            name,
            changelog,
            clock,
            log,
            this.#stop.signal,
          )
          const { topicId } = changelog
          return new PartitionTable(
            topic,
            partition,
            store,
            position,
            topicId,
            cacheBytes / count,
            clock,
            onUpdate,
          )
        }),
      )
      const failed = opened.find((result) => result.status === 'rejected')
      const tables = opened.flatMap((result) =>
        result.status === 'fulfilled' ? [result.value] : [],
      )
      if (failed !== undefined) {
        await Promise.all(tables.map((table) => table.close()))
        throw failed.reason
      }
      this.#tables = tables
    }
    return found.map(({ latest }) => latest)
  }

  #onConnection(up: boolean): void {
    if (this.#stop.signal.aborted) return
    if (!up) {
      this.#markCurrent()
      this.state.set('connecting')
    } else if (this.state.current === 'connecting') {
      this.state.set(this.#complete ? 'running' : 'recovering')
    }
  }
}

function fits(table: PartitionTable, changelog: Changelog | undefined): boolean {
  return (
    changelog !== undefined &&
    table.topicId === changelog.topicId &&
    table.position >= changelog.earliest &&
    table.position <= changelog.latest
  )
}

// Resolves when one of the signals is aborted.
function aborted(...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      for (const signal of signals) signal.removeEventListener('abort', end)
      resolve()
    }
    for (const signal of signals) signal.addEventListener('abort', end)
    if (signals.some((signal) => signal.aborted)) end()
  })
}

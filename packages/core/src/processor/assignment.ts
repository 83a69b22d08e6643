import {
  type Admin,
  type Clock,
  GokaError,
  type GroupConsumer,
  type Logger,
  type RebalanceListener,
  type TopicPartition,
  type TopicPartitionOffset,
} from '@goka/interface'
import type { Edges } from '../graph/edges.ts'
import type { PartitionTable } from '../table/partition-table.ts'
import { Holding } from './holding.ts'
import type { PartitionTables } from './partition-tables.ts'
import type { Shelf } from './shelf.ts'
import { startOffsets } from './start-offsets.ts'
import type { Task } from './task.ts'

/** What happened to partitions: they came, went, were taken, or have begun to be processed. */
export type AssignmentChange = 'assigned' | 'revoked' | 'lost' | 'running'

export interface AssignmentOptions {
  readonly edges: Edges
  /** How many partitions the inputs had when their topics were checked. */
  readonly partitions: number
  readonly admin: Admin
  readonly clock: Clock
  readonly log: Logger
  readonly consumer: () => GroupConsumer
  readonly tables: PartitionTables | undefined
  /** Where tables are kept while their partition is elsewhere. */
  readonly shelf: Shelf | undefined
  readonly makeTask: (holding: Holding) => Task
  /** Commits what these tasks have done. */
  readonly flush: (tasks: readonly Task[]) => Promise<void>
  /** Resolves when the commit that is under way, if any, has ended, well or not. */
  readonly settled: () => Promise<void>
  readonly onFault: (error: unknown) => void
  readonly onChange: (change: AssignmentChange, partitions: readonly number[]) => void
}

/**
 * The partitions of an instance through rebalances: opens what comes, commits and closes what goes, keeps what stays.
 * A partition starts when all of its inputs are here and its own tables are recovered, whatever the others do.
 */
export class Assignment implements RebalanceListener {
  readonly #options: AssignmentOptions
  readonly #holdings = new Map<number, Holding>()
  // Partitions that were told to be here and not yet to have gone.
  readonly #known = new Set<number>()
  #closed = false

  constructor(options: AssignmentOptions) {
    this.#options = options
  }

  /** The partitions that are here. */
  get holdings(): Iterable<Holding> {
    return this.#holdings.values()
  }

  holding(partition: number): Holding | undefined {
    return this.#holdings.get(partition)
  }

  /** The tasks that run. */
  *tasks(): Iterable<Task> {
    for (const { task } of this.#holdings.values()) if (task !== undefined) yield task
  }

  async assigned(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]> {
    const { edges, admin, clock, log, consumer, onChange, shelf } = this.#options
    if (partitions.length === 0) {
      await shelf?.settle()
      return []
    }
    const added = partitions.find(({ partition }) => partition >= this.#options.partitions)
    if (added !== undefined) throw grown(added)
    const retained = partitions.flatMap(({ partition }) =>
      [...(this.#holdings.get(partition)?.retained ?? [])].map((topic) => ({ topic, partition })),
    )
    const all = [...partitions, ...retained]
    const starts = await startOffsets(all, consumer(), admin, edges.inputs, log)
    if (this.#closed) return starts.slice(0, partitions.length)
    const changed = new Set<Holding>()
    for (const { topic, partition, offset } of starts) {
      let holding = this.#holdings.get(partition)
      if (holding === undefined) {
        holding = new Holding(partition, clock.now())
        this.#holdings.set(partition, holding)
      }
      holding.starts.set(topic, offset)
      changed.add(holding)
    }
    await Promise.all(
      [...changed].map(async (holding) => {
        const tables = await shelf?.take(holding.partition)
        if (tables !== undefined && tables.length > 0) holding.tables = tables
      }),
    )
    await shelf?.settle()
    if (this.#closed) {
      // Nobody else would close them.
      await Promise.all([...changed].flatMap(({ tables }) => tables.map((table) => table.close())))
      return starts.slice(0, partitions.length)
    }
    const came = [...changed].map(({ partition }) => partition).sort((a, b) => a - b)
    for (const partition of came) this.#known.add(partition)
    onChange('assigned', came)
    for (const holding of changed) {
      if (holding.starts.size < edges.inputs.length || holding.task !== undefined) continue
      holding.opening = this.#open(holding)
    }
    return starts.slice(0, partitions.length)
  }

  async #open(holding: Holding): Promise<void> {
    const { clock, makeTask, tables, onChange, onFault } = this.#options
    const { signal } = holding.abort
    holding.enter('recovering', clock.now())
    try {
      if (tables !== undefined) {
        const onOpen = (opened: readonly PartitionTable[]): void => {
          holding.tables = opened
        }
        await tables.recover(holding.partition, holding.tables, false, signal, onOpen)
      }
      if (signal.aborted) return
      const task = makeTask(holding)
      holding.task = task
      for (const [topic, offset] of holding.starts) {
        task.startAt(topic, offset)
        task.statistics.started(topic, offset)
      }
      holding.enter('running', clock.now())
      await this.#resume(holding)
      onChange('running', [holding.partition])
      task.scope.wake()
    } catch (error) {
      if (!signal.aborted) onFault(error)
    }
  }

  async #resume({ partition, starts, retained }: Holding): Promise<void> {
    await this.#options
      .consumer()
      .resume(
        [...starts].map(([topic, offset]) =>
          retained.has(topic) ? { topic, partition, offset } : { topic, partition },
        ),
      )
    retained.clear()
  }

  async revoked(partitions: readonly TopicPartition[]): Promise<void> {
    const { clock, flush, onFault } = this.#options
    const leaving = this.#leaving(partitions)
    if (leaving.length === 0) return
    const tasks: Task[] = []
    for (const holding of leaving) {
      holding.enter('stopping', clock.now())
      holding.task?.stop()
      if (holding.task !== undefined) tasks.push(holding.task)
    }
    try {
      await flush(tasks)
    } catch (error) {
      onFault(error)
    }
    await this.#leave(leaving, this.#holdings.size === leaving.length)
    await this.#retain(leaving, partitions)
    this.#tellGone(
      'revoked',
      leaving.map(({ partition }) => partition),
    )
  }

  async lost(partitions: readonly TopicPartition[]): Promise<void> {
    const leaving = this.#leaving(partitions)
    for (const { task } of leaving) task?.abandon()
    // What is under way may still reach the tables' topics. The partition may come back at once, and must find all of it.
    await this.#options.settled()
    await this.#leave(leaving, false)
    await this.#retain(leaving, partitions)
    this.#tellGone(
      'lost',
      leaving.map(({ partition }) => partition),
    )
  }

  // Once for each: a rebalance that outlasts its session is no news, as the next session may have the partitions again.
  #tellGone(change: 'revoked' | 'lost', partitions: readonly number[]): void {
    const gone = partitions.filter((partition) => this.#known.delete(partition))
    if (gone.length > 0) {
      this.#options.onChange(
        change,
        gone.sort((a, b) => a - b),
      )
    }
  }

  #leaving(partitions: readonly TopicPartition[]): readonly Holding[] {
    const leaving = new Set<Holding>()
    for (const { partition } of partitions) {
      const holding = this.#holdings.get(partition)
      if (holding !== undefined) leaving.add(holding)
    }
    return [...leaving]
  }

  async #leave(leaving: readonly Holding[], park: boolean): Promise<void> {
    const { shelf, tables } = this.#options
    await Promise.all(
      leaving.map(async (holding) => {
        await this.#end(holding)
        this.#holdings.delete(holding.partition)
        if (holding.tables.length === 0) return
        await tables?.forget(holding.tables)
        for (const table of holding.tables) table.resetCells()
        await shelf?.put(holding.partition, holding.tables, park)
      }),
    )
  }

  // Topics of a partition that stay when others of it go wait, paused, until the partition is whole again.
  async #retain(left: readonly Holding[], revoked: readonly TopicPartition[]): Promise<void> {
    const { clock, consumer } = this.#options
    for (const { partition, starts } of left) {
      const gone = revoked.filter((one) => one.partition === partition).map(({ topic }) => topic)
      const topics = [...starts.keys()].filter((topic) => !gone.includes(topic))
      if (topics.length === 0) continue
      const holding = new Holding(partition, clock.now())
      for (const topic of topics) {
        holding.starts.set(topic, 0)
        holding.retained.add(topic)
      }
      this.#holdings.set(partition, holding)
      await consumer().pause(topics.map((topic) => ({ topic, partition })))
    }
  }

  // What was not committed by now is for the next owner.
  async #end(holding: Holding): Promise<void> {
    holding.abort.abort()
    holding.task?.abandon()
    await holding.opening
    holding.task = undefined
  }

  /**
   * Closes everything, whatever state it is in, and tells that it has gone.
   * @param isCommitted - the end is an orderly one, with a last commit
   */
  async close(isCommitted: boolean): Promise<void> {
    this.#closed = true
    const all = [...this.#holdings.values()]
    const uncommitted = new Set(
      all.filter(({ task }) => task?.statistics.isCommitted === false).map((one) => one.partition),
    )
    this.#holdings.clear()
    await Promise.all(
      all.map(async (holding) => {
        await this.#end(holding)
        await Promise.all(holding.tables.map((table) => table.close()))
      }),
    )
    const revoked = isCommitted ? [...this.#known].filter((one) => !uncommitted.has(one)) : []
    this.#tellGone('revoked', revoked)
    this.#tellGone('lost', [...this.#known])
  }
}

function grown({ topic, partition }: TopicPartition): GokaError {
  return new GokaError(
    'GOKA_TRANSPORT_FAILED',
    `topic "${topic}" has a new partition ${partition}: the topics of the group are checked again`,
    { operation: 'assign partitions', retriable: true, reason: 'partitions were added' },
  )
}

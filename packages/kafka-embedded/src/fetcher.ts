import type { RecordBatch, Timer, TopicPartition, TopicPartitionOffset } from '@goka/interface'
import type { Connection } from './connection.ts'
import { failed, offsetRange, unknownTopic } from './failures.ts'
import type { PlannedFault } from './faults.ts'
import { partitionKey } from './partition-key.ts'
import type { Isolation, PartitionLog } from './partition-log.ts'

export interface FetcherOptions {
  readonly isolation: Isolation
  readonly maxBytes: number
  /** Whether an empty batch tells that the end of a partition is reached when nothing else does. */
  readonly tellsEnds: boolean
}

/** Reads partitions by position: what a group consumer and a partition reader have in common. */
export class Fetcher {
  readonly #connection: Connection
  readonly #options: FetcherOptions
  readonly #lane: string
  readonly #positions = new Map<string, Position>()
  #poll: Poll | undefined
  #failure: { readonly error: unknown } | undefined
  #scheduled = false

  constructor(connection: Connection, options: FetcherOptions) {
    this.#connection = connection
    this.#options = options
    this.#lane = `${connection.id} > fetch`
    connection.watch(this.#kick)
  }

  get isPolling(): boolean {
    return this.#poll !== undefined
  }

  /** Takes a partition, at an offset. */
  start(log: PartitionLog, offset: number, isPaused: boolean): void {
    const { topic, partition } = log
    const end = this.endOffset(log)
    this.stop(log)
    this.#positions.set(partitionKey(log), {
      log,
      topic,
      partition,
      offset,
      end,
      toldEnd: false,
      isPaused,
      isHeld: false,
    })
    log.watch(this.#kick)
    this.#kick()
  }

  /** Lets go of a partition. */
  stop(partition: TopicPartition): void {
    this.#positions.get(partitionKey(partition))?.log.unwatch(this.#kick)
    this.#positions.delete(partitionKey(partition))
  }

  pause(partition: TopicPartition): void {
    const position = this.#positions.get(partitionKey(partition))
    if (position !== undefined) position.isPaused = true
  }

  /** Goes on where it was, or at `offset`. */
  resume(partition: TopicPartition, offset: number | undefined): void {
    const position = this.#positions.get(partitionKey(partition))
    if (position === undefined) return
    position.isPaused = false
    if (offset !== undefined) {
      position.offset = offset
      position.toldEnd = false
    }
    this.#kick()
  }

  endOffset(partition: TopicPartition): number | undefined {
    return this.#positions.get(partitionKey(partition))?.end
  }

  /** Fails the poll under way, or else the next one. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#kick()
  }

  poll(timeoutMs: number): Promise<readonly RecordBatch[]> {
    const { isClosed, fault } = this.#connection
    if (isClosed) return fault === undefined ? Promise.resolve([]) : Promise.reject(fault)
    if (this.#poll !== undefined) {
      const message = 'a poll is under way already: wait for it before the next one'
      return Promise.reject(failed('poll', 'POLL_UNDER_WAY', message))
    }
    return new Promise((resolve, reject) => {
      const poll: Poll = { resolve, reject, timer: undefined, isAnswered: false, isLast: false }
      this.#poll = poll
      if (timeoutMs > 0) {
        poll.timer = this.#connection.clock.setTimeout(() => this.#expire(poll), timeoutMs)
      } else {
        poll.isLast = true
      }
      this.#kick()
    })
  }

  /** Ends the poll under way and lets go of everything. */
  close(): void {
    this.#connection.unwatch(this.#kick)
    for (const { log } of this.#positions.values()) log.unwatch(this.#kick)
    this.#positions.clear()
    const poll = this.#poll
    if (poll !== undefined) this.#settle(poll, () => poll.resolve([]))
  }

  /** Tries again, if a poll waits. */
  readonly #kick = (): void => {
    const poll = this.#poll
    if (poll === undefined) return
    const { fault } = this.#connection
    if (fault !== undefined) this.#settle(poll, () => poll.reject(fault))
    if (poll.isAnswered || this.#scheduled) return
    this.#scheduled = true
    this.#connection.schedule(this.#lane, this.#fetch)
  }

  readonly #fetch = (): void => {
    this.#scheduled = false
    const poll = this.#poll
    if (poll === undefined || poll.isAnswered) return
    if (this.#failure !== undefined) {
      const { error } = this.#failure
      this.#failure = undefined
      this.#answer(poll, () => poll.reject(error))
      return
    }
    if (this.#connection.isReachable) {
      try {
        const batches = this.#gather()
        if (batches.length > 0) this.#answer(poll, () => poll.resolve(batches))
      } catch (error) {
        this.#answer(poll, () => poll.reject(error))
      }
    }
    if (poll.isLast) this.#expire(poll)
  }

  #expire(poll: Poll): void {
    if (!poll.isAnswered) this.#answer(poll, () => poll.resolve([]))
  }

  #answer(poll: Poll, settle: () => void): void {
    poll.isAnswered = true
    this.#connection.answer(() => this.#settle(poll, settle))
  }

  #settle(poll: Poll, settle: () => void): void {
    this.#connection.clock.clearTimeout(poll.timer)
    this.#poll = undefined
    settle()
  }

  /** Reads what there is, beginning with the partition whose last turn is longest ago. */
  #gather(): readonly RecordBatch[] {
    const { isolation, maxBytes } = this.#options
    const batches: RecordBatch[] = []
    let budget = maxBytes
    for (const position of this.#readable()) {
      if (budget <= 0) break
      const { batch, byteLength } = position.log.read(position.offset, isolation, budget)
      budget -= byteLength
      position.offset = batch.nextOffset
      position.toldEnd = batch.atEnd
      batches.push(batch)
      // The order of the map is the order of the turns.
      const key = partitionKey(position)
      this.#positions.delete(key)
      this.#positions.set(key, position)
    }
    return batches
  }

  /** The partitions of which there is something to tell. Nothing is read before all are checked. */
  #readable(): readonly Position[] {
    const { isolation, tellsEnds } = this.#options
    const readable: Position[] = []
    for (const position of this.#positions.values()) {
      if (position.isPaused || position.isHeld) continue
      this.#check(position)
      const { log, offset } = position
      const end = log.endFor(isolation)
      position.end = end
      const isNews = offset < end || (tellsEnds && !position.toldEnd)
      if (isNews && !this.#isFaulty(position)) readable.push(position)
    }
    return readable
  }

  /** @throws GokaError `GOKA_TOPIC_UNKNOWN`, `GOKA_TRANSPORT_OFFSET_RANGE` */
  #check(position: Position): void {
    const { log, topic, partition, offset } = position
    if (log.isDeleted) {
      this.stop(position)
      throw unknownTopic(topic)
    }
    if (offset >= log.start && offset <= log.end) return
    if (this.#options.tellsEnds) this.stop(position)
    else position.isPaused = true
    throw offsetRange({ topic, partition, offset }, log.start, log.end)
  }

  /** Whether a fault keeps the partition from being read now. @throws GokaError of the fault */
  #isFaulty(position: Position): boolean {
    const { topic, partition } = position
    const fault = this.#connection.meet({ operation: 'fetch', topic, partition })
    if (fault === undefined) return false
    if (fault.effect.kind === 'fail') throw fault.effect.error
    this.#hold(position, fault)
    return true
  }

  #hold(position: Position, fault: PlannedFault): void {
    const release = (): void => {
      position.isHeld = false
      this.#kick()
    }
    position.isHeld = true
    const { effect } = fault
    if (effect.kind === 'hold') fault.whenEnded(release)
    else if (effect.kind === 'delay') this.#connection.after(effect.delayMs, release)
    else this.#connection.schedule(this.#lane, release)
  }
}

interface Position extends TopicPartitionOffset {
  readonly log: PartitionLog
  offset: number
  end: number | undefined
  /** Whether the client knows that it is at the end. */
  toldEnd: boolean
  isPaused: boolean
  /** By a fault. */
  isHeld: boolean
}

interface Poll {
  readonly resolve: (batches: readonly RecordBatch[]) => void
  readonly reject: (error: unknown) => void
  timer: Timer
  isAnswered: boolean
  /** Whether it does not wait for more than it finds. */
  isLast: boolean
}

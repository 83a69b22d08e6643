import assert from 'node:assert/strict'
import type {
  GroupConsumer,
  GroupConsumerOptions,
  TopicPartition,
  TopicPartitionOffset,
} from '@goka/interface'
import { deadline } from './deadline.ts'
import { Inbox, place } from './inbox.ts'

export interface MemberOptions {
  readonly group: string
  readonly topics: readonly string[]
  readonly instanceId?: string
  readonly isolation?: GroupConsumerOptions['isolation']
  /** Where to start each partition. Default: where the group has committed, or 0. */
  readonly start?: (
    consumer: GroupConsumer,
    partitions: readonly TopicPartition[],
  ) => Promise<readonly TopicPartitionOffset[]>
  /** What to do when partitions are revoked. Default: commit what was read of them. */
  readonly onRevoked?: (member: Member, partitions: readonly TopicPartition[]) => Promise<void>
}

/** A call of the listener, in the order of the calls. */
export interface MemberEvent {
  readonly call: 'assigned' | 'revoked' | 'lost'
  readonly partitions: readonly string[]
}

type MakeConsumer = (options: GroupConsumerOptions) => Promise<GroupConsumer>

/** How long one poll of a member waits. */
const POLL_MS = 30

/**
 * A member of a group that polls by itself until it is closed, starts what it is assigned and asserts what holds for
 * every member: listener calls come one at a time, only what is not owned is assigned, only what is owned is revoked,
 * and records come of started partitions alone.
 */
export class Member {
  readonly inbox: Inbox = new Inbox()
  readonly events: MemberEvent[] = []
  /** The partitions that are this member's, by name, from the answer of `assigned` until that of `revoked`. */
  readonly owned: Map<string, TopicPartition> = new Map()
  polls = 0
  readonly #options: MemberOptions
  readonly #violations: string[] = []
  readonly #toResume: TopicPartition[] = []
  #consumer: GroupConsumer | undefined
  #listening = false
  #stopped = false
  #fault: unknown
  #loop: Promise<void> = Promise.resolve()
  #polled: () => void = () => {}

  static async start(make: MakeConsumer, options: MemberOptions): Promise<Member> {
    const member = new Member(options)
    const { group, topics, isolation = 'read_committed', instanceId } = options
    member.#consumer = await make({
      group,
      topics,
      isolation,
      ...(instanceId !== undefined && { instanceId }),
      listener: {
        assigned: (partitions) =>
          member.#call('assigned', partitions, () => member.#assigned(partitions)),
        revoked: (partitions) =>
          member.#call('revoked', partitions, () => member.#revoked(partitions)),
        lost: (partitions) =>
          member.#call('lost', partitions, async () => {
            member.#forget(partitions)
          }),
      },
    })
    member.#loop = member.#poll()
    return member
  }

  private constructor(options: MemberOptions) {
    this.#options = options
  }

  get consumer(): GroupConsumer {
    assert.ok(this.#consumer)
    return this.#consumer
  }

  /** What the last poll rejected with; it was the last one then. */
  get fault(): unknown {
    return this.#fault
  }

  /** Names of the partitions that are this member's, sorted. */
  get ownedNames(): string[] {
    return [...this.owned.keys()].sort()
  }

  /** Waits until `condition` holds; it is looked at after each poll. Fails when a poll fails or a law is broken. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const inTime = deadline(() => {
      const calls = this.events.map(({ call, partitions }) => `${call} ${partitions.join(' ')}`)
      return `${what} did not happen (the calls of the listener were: ${calls.join(', ')})`
    })
    for (;;) {
      assert.deepEqual(this.#violations, [])
      if (this.#fault !== undefined) throw this.#fault as Error
      if (condition()) return
      inTime()
      await this.#nextPoll()
    }
  }

  /** Waits until a poll rejects and gives what it rejected with. */
  async untilFault(): Promise<unknown> {
    const inTime = deadline(() => 'no poll rejected')
    while (this.#fault === undefined) {
      inTime()
      await this.#nextPoll()
    }
    return this.#fault
  }

  /** Commits what was read of the partitions, by default of all. */
  async commit(partitions: readonly TopicPartition[] = [...this.owned.values()]): Promise<void> {
    const offsets: TopicPartitionOffset[] = []
    for (const { topic, partition } of partitions) {
      const offset = this.inbox.position({ topic, partition })
      if (offset !== undefined) offsets.push({ topic, partition, offset })
    }
    await this.consumer.commit(offsets)
  }

  /** Stops polling; the consumer stays open. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#loop
  }

  /** Stops polling and closes the consumer. */
  async close(): Promise<void> {
    this.#stopped = true
    await this.consumer.close()
    await this.#loop
    assert.deepEqual(this.#violations, [])
  }

  async #poll(): Promise<void> {
    while (!this.#stopped) {
      try {
        const batches = await this.consumer.poll(POLL_MS)
        this.inbox.take(batches)
        await this.#resume()
      } catch (error) {
        this.#fault = error
        this.#stopped = true
      }
      this.polls++
      this.#polled()
    }
  }

  async #resume(): Promise<void> {
    if (this.#toResume.length > 0) await this.consumer.resume(this.#toResume.splice(0))
  }

  #nextPoll(): Promise<void> {
    // A loop that has ended or hangs wakes nobody; the caller looks at its deadline again then.
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 100)
      this.#polled = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #call<T>(
    call: MemberEvent['call'],
    partitions: readonly TopicPartition[],
    body: () => Promise<T>,
  ): Promise<T> {
    if (this.#listening)
      this.#violations.push(`${call} was called while another call was under way`)
    this.#listening = true
    this.events.push({ call, partitions: partitions.map(place).sort() })
    for (const partition of partitions) {
      const owned = this.owned.has(place(partition))
      if (owned === (call === 'assigned')) {
        this.#violations.push(`${call} ${place(partition)}, which is ${owned ? '' : 'not '}owned`)
      }
    }
    try {
      return await body()
    } finally {
      this.#listening = false
    }
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]> {
    const starts = await (this.#options.start ?? whereCommitted)(this.consumer, partitions)
    for (const start of starts) this.inbox.start(start, start.offset)
    for (const partition of partitions) this.owned.set(place(partition), partition)
    this.#toResume.push(...partitions)
    return starts
  }

  async #revoked(partitions: readonly TopicPartition[]): Promise<void> {
    for (const partition of partitions) this.inbox.seal(partition)
    const { onRevoked } = this.#options
    if (onRevoked === undefined) await this.commit(partitions)
    else await onRevoked(this, partitions)
    this.#forget(partitions)
  }

  #forget(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      this.owned.delete(place(partition))
      this.inbox.stop(partition)
      const at = this.#toResume.findIndex((other) => place(other) === place(partition))
      if (at >= 0) this.#toResume.splice(at, 1)
    }
  }
}

/** Where the group has committed, or 0. */
async function whereCommitted(
  consumer: GroupConsumer,
  partitions: readonly TopicPartition[],
): Promise<readonly TopicPartitionOffset[]> {
  const committed = await consumer.committed(partitions)
  const offsets = new Map(committed.map((position) => [place(position), position.offset]))
  return partitions.map((partition) => ({
    ...partition,
    offset: offsets.get(place(partition)) ?? 0,
  }))
}

import type {
  ClientContext,
  GroupConsumer,
  RebalanceListener,
  TopicPartition,
  TopicPartitionOffset,
  Transport,
} from '@goka/interface'
import { until } from './event-loop.ts'
import { linesOf, names } from './records.ts'

export interface MemberOptions {
  readonly group?: string
  readonly topics: readonly string[]
  readonly instanceId?: string
  /** Called while partitions are given up. Default: nothing. */
  readonly onRevoked?: (member: Member, partitions: readonly TopicPartition[]) => Promise<void>
}

/** A member of a group that starts where the group has committed and notes everything. */
export class Member implements RebalanceListener {
  readonly calls: string[] = []
  readonly held = new Set<string>()
  readonly lines: string[] = []
  /** By partition: after the last record that was read. */
  readonly positions = new Map<string, TopicPartitionOffset>()
  readonly #options: MemberOptions
  #consumer: GroupConsumer | undefined
  #loop: Promise<void> = Promise.resolve()
  #isPolling = false
  /** What a poll was rejected with. */
  fault: unknown

  static async start(
    transport: Transport,
    context: ClientContext,
    options: MemberOptions,
  ): Promise<Member> {
    const member = new Member(options)
    const { topics, group = 'group', instanceId } = options
    member.#consumer = await transport.groupConsumer(
      {
        group,
        topics,
        isolation: 'read_committed',
        listener: member,
        ...(instanceId !== undefined && { instanceId }),
      },
      context,
    )
    member.startPolling()
    return member
  }

  private constructor(options: MemberOptions) {
    this.#options = options
  }

  get consumer(): GroupConsumer {
    if (this.#consumer === undefined) throw new Error('not started')
    return this.#consumer
  }

  /** Waits until it holds as many partitions. */
  async holds(count: number): Promise<void> {
    await until(() => this.held.size === count, `a member holds ${count} partitions`)
  }

  startPolling(): void {
    this.#isPolling = true
    this.#loop = this.#poll()
  }

  /** No further poll; the one under way goes on until it returns. */
  stopPolling(): void {
    this.#isPolling = false
  }

  async commit(): Promise<void> {
    await this.consumer.commit([...this.positions.values()])
  }

  async close(): Promise<void> {
    this.#isPolling = false
    await this.consumer.close()
    await this.#loop
  }

  async assigned(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]> {
    this.#note('assigned', partitions)
    for (const name of names(partitions)) this.held.add(name)
    const committed = await this.consumer.committed(partitions)
    const starts = partitions.map(
      ({ topic, partition }) =>
        committed.find((each) => each.topic === topic && each.partition === partition) ?? {
          topic,
          partition,
          offset: 0,
        },
    )
    // A close may come in between.
    this.consumer.resume(partitions).catch(() => {})
    return starts
  }

  async revoked(partitions: readonly TopicPartition[]): Promise<void> {
    this.#note('revoked', partitions)
    await this.#options.onRevoked?.(this, partitions)
    this.#forget(partitions)
  }

  async lost(partitions: readonly TopicPartition[]): Promise<void> {
    this.#note('lost', partitions)
    this.#forget(partitions)
  }

  async #poll(): Promise<void> {
    while (this.#isPolling) {
      try {
        const batches = await this.consumer.poll(60_000)
        this.lines.push(...linesOf(batches))
        for (const { topic, partition, nextOffset } of batches) {
          this.positions.set(`${topic}/${partition}`, { topic, partition, offset: nextOffset })
        }
      } catch (error) {
        this.fault = error
        this.#isPolling = false
      }
    }
  }

  #forget(partitions: readonly TopicPartition[]): void {
    for (const name of names(partitions)) {
      this.held.delete(name)
      this.positions.delete(name)
    }
  }

  #note(call: string, partitions: readonly TopicPartition[]): void {
    this.calls.push(`${call} ${names(partitions).join(' ')}`)
  }
}

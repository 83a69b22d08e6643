import type {
  GroupConsumer,
  GroupConsumerOptions,
  RecordBatch,
  TopicPartition,
  TopicPartitionOffset,
} from '@goka/interface'
import { Assignment } from './assignment.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { fenced } from './failures.ts'
import { Fetcher } from './fetcher.ts'
import type { Group, MemberClient, MemberEvent } from './group.ts'
import { PollInterval } from './poll-interval.ts'

/** How long a close waits until the group knows. */
const CLOSE_TIMEOUT_MS = 5000

/** A member of a consumer group. */
export class EmbeddedGroupConsumer implements GroupConsumer, MemberClient {
  readonly broker: Broker
  readonly connection: Connection
  readonly group: Group
  readonly topics: readonly string[]
  readonly instanceId: string | undefined
  readonly #fetcher: Fetcher
  readonly #assignment: Assignment
  readonly #interval: PollInterval
  #memberId = ''
  #state: 'out' | 'joining' | 'in' | 'losing' | 'replaced' = 'out'

  constructor(broker: Broker, connection: Connection, options: GroupConsumerOptions) {
    this.broker = broker
    this.connection = connection
    this.group = broker.group(options.group)
    this.topics = options.topics
    this.instanceId = options.instanceId
    this.#fetcher = new Fetcher(connection, {
      isolation: options.isolation,
      maxBytes: broker.settings.fetchMaxBytes,
      tellsEnds: false,
    })
    this.#assignment = new Assignment(options.listener, this.#fetcher, connection, broker.topics)
    this.#interval = new PollInterval(
      connection.clock,
      broker.settings.maxPollIntervalMs,
      () => void this.#leaveForLong(),
    )
  }

  /** As the group knows it; empty before the first poll. */
  get memberId(): string {
    return this.#memberId
  }

  async poll(timeoutMs: number): Promise<readonly RecordBatch[]> {
    if (this.connection.isClosed) return this.#fetcher.poll(timeoutMs)
    if (this.#state === 'replaced') throw replaced(this.instanceId, this.group.name)
    if (this.#state === 'out') this.#join()
    this.#interval.stop()
    try {
      return await this.#fetcher.poll(timeoutMs)
    } finally {
      if (!this.#fetcher.isPolling) this.#interval.start()
    }
  }

  async resume(
    partitions: readonly (TopicPartition & { readonly offset?: number })[],
  ): Promise<void> {
    for (const { offset, ...partition } of partitions) this.#assignment.resume(partition, offset)
    await this.connection.caughtUp()
  }

  async pause(partitions: readonly TopicPartition[]): Promise<void> {
    for (const partition of partitions) this.#assignment.pause(partition)
    await this.connection.caughtUp()
  }

  commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const memberId = this.#memberId
    const request = { operation: 'commit', group: this.group.name } as const
    return this.connection.request('offsets', request, () => this.group.commit(memberId, offsets))
  }

  committed(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]> {
    const request = { operation: 'committed', group: this.group.name } as const
    return this.connection.request('offsets', request, () => this.group.offsets.stable(partitions))
  }

  endOffset(partition: TopicPartition): number | undefined {
    this.connection.checkOpen()
    return this.#fetcher.endOffset(partition)
  }

  async close(): Promise<void> {
    this.#interval.close()
    this.#assignment.close()
    this.#fetcher.close()
    if (this.connection.isClosed) return
    const { clock } = this.connection
    const left = this.#leave()
    await new Promise<void>((resolve) => {
      const timer = clock.setTimeout(resolve, CLOSE_TIMEOUT_MS)
      void left.then(() => {
        clock.clearTimeout(timer)
        resolve()
      })
    })
    this.connection.close()
  }

  tell(memberId: string, event: MemberEvent): void {
    this.connection.tell(() => {
      if (memberId === this.#memberId) this.#hear(memberId, event)
    }, event.kind === 'removed')
  }

  #hear(memberId: string, event: MemberEvent): void {
    switch (event.kind) {
      case 'assign':
        this.#assignment.assign(event.partitions)
        break
      case 'revoke':
        this.#assignment.revoke(event.partitions, () => this.#handOver(memberId, event.partitions))
        break
      case 'removed':
        if (event.reason === 'replaced') {
          this.#state = 'replaced'
          this.#assignment.lose(() => {})
          this.#fetcher.fail(replaced(this.instanceId, this.group.name))
        } else {
          this.#state = 'losing'
          this.#assignment.lose(() => this.#rejoin())
        }
        break
    }
  }

  /** Joins anew, not before the listener knows of the loss: until then commits must fail. */
  #rejoin(): void {
    this.#state = 'out'
    if (this.#fetcher.isPolling) this.#join()
  }

  #join(): void {
    this.#state = 'joining'
    const request = { operation: 'join', group: this.group.name } as const
    this.connection
      .request('group', request, () => {
        this.#memberId = this.group.join(this)
      })
      .then(
        () => {
          if (this.#state === 'joining') this.#state = 'in'
        },
        (error: unknown) => {
          this.#state = 'out'
          this.#fetcher.fail(error)
        },
      )
  }

  /** No poll for the maximal interval: the member leaves, and learns what it lost with the next poll. */
  async #leaveForLong(): Promise<void> {
    if (this.#state !== 'joining' && this.#state !== 'in') return
    const request = { operation: 'leave', group: this.group.name } as const
    await this.connection
      .request('group', request, () => this.group.expel(this.#memberId))
      .catch(() => {})
  }

  async #leave(): Promise<void> {
    if (this.#state === 'out' || this.instanceId !== undefined) return
    const request = { operation: 'leave', group: this.group.name } as const
    await this.connection
      .request('group', request, () => this.group.leave(this.#memberId))
      .catch(() => {})
  }

  #handOver(memberId: string, partitions: readonly TopicPartition[]): void {
    const request = { operation: 'heartbeat', group: this.group.name } as const
    this.connection
      .request('group', request, () => this.group.handOver(memberId, partitions))
      .catch((error: unknown) => this.#fetcher.fail(error))
  }
}

function replaced(instanceId: string | undefined, group: string): Error {
  const message = `another member of group ${group} has the instance id ${instanceId}: give each its own`
  return fenced('poll', 'FENCED_INSTANCE_ID', message)
}

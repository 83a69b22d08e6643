import { setImmediate as turn } from 'node:timers/promises'
import type {
  ClientContext,
  GroupConsumer,
  GroupConsumerOptions,
  RecordBatch,
  TopicPartition,
  TopicPartitionOffset,
} from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import { Asking, askMs } from '../client/asking.ts'
import { call, delay } from '../client/call.ts'
import type { Connection } from '../client/connection.ts'
import type { LogLine } from '../client/librdkafka-log.ts'
import { Lifetime } from '../client/lifetime.ts'
import { TopicLookup } from '../client/topic-lookup.ts'
import {
  type ClientFault,
  faultCodes,
  faultOf,
  type SourceFault,
  toFault,
} from '../client-fault.ts'
import { meaningOf, ofConsumer, passes, topicUnknown, transportError } from '../errors.ts'
import type { RecordSource } from '../record-source.ts'
import { ConsumerFaults } from './consumer-faults.ts'
import type { OffsetCommitter } from './offset-committer.ts'
import { PartitionFlow } from './partition-flow.ts'
import type { Rebalances } from './rebalances.ts'

/** How long a commit is tried before its outcome is called indefinite. */
const commitLimitMs = 60_000
const commitPauseMs = 100
/** How long a close asks the coordinator whether it is there: the question holds a thread of Node's pool. */
const probeMs = 500
const probePauseMs = 1_000

/** What a member is made of. */
export interface GroupConsumerParts {
  readonly connection: Connection<rdkafka.KafkaConsumer>
  readonly rebalances: Rebalances
  /** Made with the function that takes the source's faults. */
  readonly source: (onFault: (fault: SourceFault) => void) => RecordSource
  readonly committer: (source: RecordSource) => OffsetCommitter
}

/** A member of a group on one client of node-rdkafka. */
export class RdkafkaGroupConsumer implements GroupConsumer {
  /** For transactions, which commit offsets in the name of this member. */
  readonly connection: Connection<rdkafka.KafkaConsumer>
  readonly #client: rdkafka.KafkaConsumer
  readonly #group: string
  readonly #topics: readonly string[]
  readonly #context: ClientContext
  readonly #rebalances: Rebalances
  readonly #lifetime: Lifetime
  readonly #source: RecordSource
  readonly #flow: PartitionFlow
  readonly #asking: Asking
  readonly #lookup: TopicLookup
  readonly #faults: ConsumerFaults
  readonly #committer: OffsetCommitter
  /** librdkafka may still wait for the coordinator's answer to a commit. */
  #isOwedAnswer = false
  #joined = false
  #closing: Promise<void> | undefined

  constructor(options: GroupConsumerOptions, context: ClientContext, parts: GroupConsumerParts) {
    const { connection, rebalances } = parts
    const { client } = connection
    this.connection = connection
    this.#client = client
    this.#group = options.group
    this.#topics = options.topics
    this.#context = context
    this.#rebalances = rebalances
    this.#lifetime = new Lifetime(`consumer of group ${options.group}`)
    this.#source = parts.source((fault) => {
      this.#onFault(fault)
    })
    this.#flow = new PartitionFlow(client, this.#source, context.clock)
    this.#asking = new Asking(context.clock, this.#lifetime)
    this.#lookup = new TopicLookup(client, this.#asking)
    this.#faults = new ConsumerFaults(client, this.#flow, this.#lookup, context, (partition) => {
      partition.broken = true
      partition.paused = true
    })
    this.#committer = parts.committer(this.#source)
    rebalances.attach({
      client,
      flow: this.#flow,
      isLost: () => this.#committer.assignmentLost(),
      onFailure: (error) => {
        this.#faults.fail(error)
      },
    })
    connection.onFault((fault) => {
      this.#onFault(fault)
    })
    client.on('event.log', ({ fac }: LogLine) => {
      if (fac === 'SESSTMOUT' || fac === 'MAXPOLL') rebalances.markLost()
    })
  }

  async poll(timeoutMs: number): Promise<readonly RecordBatch[]> {
    if (this.#lifetime.ended) {
      // Who polls in a loop shall not starve timers and sockets.
      await turn()
      return []
    }
    this.#faults.throwNext()
    try {
      if (!this.#joined) await this.#join()
      const batches = await this.#flow.poll(
        timeoutMs,
        () => this.#lifetime.ended || this.#faults.pending,
      )
      if (this.#lifetime.ended) return []
      if (batches.length > 0) return batches
      await this.#faults.settle(this.#topics)
    } catch (error) {
      if (this.#lifetime.ended) return []
      throw error
    }
    if (!this.#lifetime.ended) this.#faults.throwNext()
    return []
  }

  async resume(
    partitions: readonly (TopicPartition & { readonly offset?: number })[],
  ): Promise<void> {
    await this.#lifetime.guard(() => this.#flow.resume(partitions))
  }

  async pause(partitions: readonly TopicPartition[]): Promise<void> {
    await this.#lifetime.guard(() => this.#flow.pause(partitions))
  }

  async commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    await this.#lifetime.guard(() => this.#commit(offsets))
  }

  async committed(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]> {
    if (partitions.length === 0) return []
    const asked = partitions.map(({ topic, partition }) => ({ topic, partition }))
    const operation = `offset fetch of group ${this.#group}`
    const found = await this.#lifetime.guard(() =>
      this.#asking.until({ operation }, () =>
        this.connection.during(
          call<rdkafka.TopicPartitionOffset[]>((done) => {
            this.#client.committed(asked, askMs, done)
          }),
        ),
      ),
    )
    return Array.from(found)
      .filter(({ offset }) => offset >= 0)
      .map(({ topic, partition, offset }) => ({ topic, partition, offset }))
  }

  endOffset(partition: TopicPartition): number | undefined {
    this.#lifetime.check()
    return this.#flow.endOffset(partition)
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  /**
   * @throws GokaError `GOKA_TRANSPORT_FENCED` when one of the partitions is not this member's any more, or
   *   `GOKA_TRANSPORT_CLOSED`
   */
  checkOwned(partitions: readonly TopicPartition[], operation: string): void {
    this.#lifetime.check()
    for (const { topic, partition } of partitions) {
      if (this.#flow.get({ topic, partition }) === undefined) {
        throw transportError(faultOf(faultCodes.ERR__ASSIGNMENT_LOST), {
          operation: `${operation} of group ${this.#group}`,
          writes: true,
          topic,
          partition,
        })
      }
    }
  }

  async #join(): Promise<void> {
    for (const topic of this.#topics) {
      const facts = await this.#lifetime.guard(() => this.#lookup.facts(topic))
      if (facts === undefined) throw topicUnknown(topic)
    }
    this.#lifetime.check()
    this.#client.subscribe([...this.#topics])
    this.#joined = true
  }

  async #commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    if (offsets.length === 0) return
    const { clock } = this.#context
    const deadline = clock.now() + commitLimitMs
    for (;;) {
      this.checkOwned(offsets, 'commit')
      this.#isOwedAnswer = true
      try {
        await this.#committer.commit(offsets, Math.max(1, deadline - clock.now()))
        this.#isOwedAnswer = false
        return
      } catch (error) {
        const fault = ofConsumer(error as ClientFault)
        this.#isOwedAnswer = !isFromBroker(fault)
        // The member's epoch has moved on (KIP-848), which says nothing of its partitions: the next heartbeat brings the new one.
        const stale = fault.code === faultCodes.ERR_STALE_MEMBER_EPOCH
        if (!(stale || passes(fault)) || clock.now() >= deadline) {
          const rebalancing = fault.code === faultCodes.ERR_REBALANCE_IN_PROGRESS
          if (meaningOf(fault) === 'fenced' && !rebalancing) this.#rebalances.markLost()
          throw transportError(fault, { operation: `commit of group ${this.#group}`, writes: true })
        }
        await delay(clock, commitPauseMs)
        this.#lifetime.check()
      }
    }
  }

  #onFault(fault: SourceFault): void {
    if (this.#lifetime.ended) return
    if (fault.code !== faultCodes.ERR__MAX_POLL_EXCEEDED) {
      this.#faults.add(fault)
      return
    }
    this.#rebalances.markLost()
    this.#context.log.warn(
      { group: this.#group },
      'the group took the partitions away because polls came too seldom; joining again',
    )
  }

  async #close(): Promise<void> {
    this.#lifetime.end()
    const answered = this.#rebalances.close()
    await this.#source.stop()
    await answered
    await this.#committer.stop()
    await this.#flow.clear()
    if (this.#joined && this.connection.isBusy) this.#leave()
    if (this.#isOwedAnswer && !(await this.#coordinatorAnswers())) {
      this.connection.leave()
      void this.connection.during(this.#untilCoordinatorAnswers())
    }
    await this.connection.close()
  }

  /**
   * librdkafka tears no member down before its commits are answered or have timed out, minutes later, and a thread of Node's
   * pool would wait for that, and the end of the process for the thread. Nothing waits for this.
   */
  async #untilCoordinatorAnswers(): Promise<void> {
    while (!(await this.#coordinatorAnswers())) await delay(this.#context.clock, probePauseMs)
  }

  async #coordinatorAnswers(): Promise<boolean> {
    const asked = this.#topics.slice(0, 1).map((topic) => ({ topic, partition: 0 }))
    try {
      await call((done) => {
        this.#client.committed(asked, probeMs, done)
      })
      return true
    } catch (error) {
      return isFromBroker(error as ClientFault)
    }
  }

  /**
   * Leaves the group before the client can be torn down: a call that is under way may not return for long, and a member that
   * nobody serves any more would keep its partitions from the others until `max.poll.interval.ms` is over.
   */
  #leave(): void {
    try {
      this.#client.unsubscribe()
      // The answer to the revoke, which nobody takes out of the queue now.
      this.#client.unassign()
    } catch (error) {
      this.#context.log.debug({ group: this.#group, reason: toFault(error).message }, 'not left')
    }
  }
}

/** librdkafka's own faults have codes below zero. */
function isFromBroker({ code }: ClientFault): boolean {
  return code > 0
}

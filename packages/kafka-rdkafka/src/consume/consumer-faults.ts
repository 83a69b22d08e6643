import type { ClientContext, GokaError } from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import type { TopicLookup } from '../client/topic-lookup.ts'
import { faultCodes, faultName, faultOf, type SourceFault } from '../client-fault.ts'
import { meaningOf, ofConsumer, passes, topicUnknown, transportError } from '../errors.ts'
import type { FlowingPartition, PartitionFlow } from './partition-flow.ts'
import { RangeCheck } from './range-check.ts'

/** Makes the errors of a poll of the faults that a consumer's client tells, one error a poll. */
export class ConsumerFaults {
  readonly #flow: PartitionFlow
  readonly #lookup: TopicLookup
  readonly #rangeCheck: RangeCheck
  readonly #context: ClientContext
  readonly #onOutOfRange: (partition: FlowingPartition) => void
  readonly #errors: unknown[] = []
  #rangeSuspected = false
  #topicSuspected = false

  /** @param onOutOfRange - takes a partition out of the flow whose position does not exist */
  constructor(
    client: rdkafka.KafkaConsumer,
    flow: PartitionFlow,
    lookup: TopicLookup,
    context: ClientContext,
    onOutOfRange: (partition: FlowingPartition) => void,
  ) {
    this.#flow = flow
    this.#lookup = lookup
    this.#rangeCheck = new RangeCheck(client, context.clock)
    this.#context = context
    this.#onOutOfRange = onOutOfRange
  }

  get pending(): boolean {
    return this.#errors.length > 0 || this.#rangeSuspected || this.#topicSuspected
  }

  /** Something that the next poll fails with as it is. */
  fail(error: unknown): void {
    this.#errors.push(error)
  }

  add(fault: SourceFault): void {
    const { topic, partition } = fault
    const meaning = meaningOf(fault)
    if (passes(fault)) {
      this.#context.log.debug({ reason: faultName(fault.code), topic, partition }, fault.message)
    } else if (meaning === 'offset-range') {
      this.#suspectRange(fault)
    } else if (meaning === 'topic-unknown' && topic === undefined) {
      this.#topicSuspected = true
    } else {
      this.fail(
        transportError(ofConsumer(fault), { operation: 'poll', writes: false, topic, partition }),
      )
    }
  }

  /** Looks after what is only suspected, and after partitions that stand still. To be called when a poll found nothing. */
  async settle(topics: Iterable<string>): Promise<void> {
    if (this.#rangeSuspected || this.#rangeCheck.isDue(this.#flow.partitions)) {
      this.#rangeSuspected = false
      for (const partition of await this.#rangeCheck.run(this.#flow.partitions)) {
        this.#outOfRange(partition)
      }
    }
    if (!this.#topicSuspected) return
    this.#topicSuspected = false
    for (const topic of topics) {
      if ((await this.#lookup.facts(topic)) === undefined) this.fail(topicUnknown(topic))
    }
  }

  /** @throws what a poll fails with, once each */
  throwNext(): void {
    if (this.#errors.length > 0) throw this.#errors.shift()
  }

  #suspectRange({ topic, partition: number, message }: SourceFault): void {
    if (topic === undefined || number === undefined) {
      this.#rangeSuspected = true
      return
    }
    const partition = this.#flow.get({ topic, partition: number })
    // Faults of this kind bear no version in librdkafka: it may be older than the last move.
    if (partition?.live !== true) return
    if (isFalseTruncation(message, partition.position)) this.#takeUpAgain(partition)
    else this.#outOfRange(partition)
  }

  /** librdkafka has given the partition up. One that is paused is taken up again when it is resumed. */
  #takeUpAgain(partition: FlowingPartition): void {
    partition.broken = true
    if (partition.paused) return
    const { topic, partition: number, position } = partition
    this.#flow.resume([{ topic, partition: number, offset: position }]).catch((error: unknown) => {
      this.fail(error)
    })
  }

  #outOfRange(partition: FlowingPartition): void {
    const { topic, partition: number, position } = partition
    this.#onOutOfRange(partition)
    this.fail(offsetRange(topic, number, position))
  }
}

/**
 * When the leader of a partition has changed, librdkafka compares where the partition stands with where the log of the leader
 * before ended, to find out whether records are gone (KIP-320). Its own position of a paused partition is one too far where an
 * end was popped in a batch (2.12): only what it says of the log is true.
 */
function isFalseTruncation(message: string, position: number): boolean {
  const [, end] = /log truncation detected .* broker end offset is (\d+)/.exec(message) ?? []
  return end !== undefined && position <= Number(end)
}

function offsetRange(topic: string, partition: number, offset: number): GokaError {
  return transportError(faultOf(faultCodes.ERR__AUTO_OFFSET_RESET), {
    operation: 'poll',
    writes: false,
    topic,
    partition,
    offset,
  })
}

import type { TopicPartition, TopicPartitionOffset } from '@goka/interface'
import type { AdminExtension } from '../admin-extension.ts'
import { type ClientFault, faultCodes, faultOf } from '../client-fault.ts'
import type { NativeAddon } from './addon.ts'
import { positionArguments, RequestChannel, readPositions } from './request-channel.ts'

/** librdkafka's names for the ends of a partition, in the place of an offset. */
const ends = { earliest: -2, latest: -1 }

/** Faults that pass when a new or moved partition has its leader; `ERR__NOENT` is librdkafka's for none at all. */
const electing: ReadonlySet<number> = new Set([
  faultCodes.ERR__NOENT,
  faultCodes.ERR_LEADER_NOT_AVAILABLE,
  faultCodes.ERR_NOT_LEADER_FOR_PARTITION,
])
const electionPauseMs = 50

/** What the addon adds to `AdminExtension`. */
export interface NativeAdmin extends AdminExtension {
  /**
   * The first offset that is kept, or the offset of the next record to be written; with `read_committed`, of the next whose
   * fate is known. One request for all partitions.
   */
  offsets(
    partitions: readonly TopicPartition[],
    which: 'earliest' | 'latest',
    isolation: 'read_committed' | 'read_uncommitted',
    timeoutMs: number,
  ): Promise<readonly TopicPartitionOffset[]>
}

/**
 * Administers through any connected client that was made with the plugin: a producer or a consumer.
 * @param client - `client.name` of node-rdkafka
 */
export function nativeAdmin(native: NativeAddon, client: string): NativeAdmin {
  return new ChannelAdmin(new RequestChannel(native, client))
}

/** By name: the id (empty: unknown) and the number of partitions. */
type Topics = Readonly<Record<string, readonly [id: string, partitions: number]>>

class ChannelAdmin implements NativeAdmin {
  readonly #channel: RequestChannel

  constructor(channel: RequestChannel) {
    this.#channel = channel
  }

  async topicConfig(topic: string, timeoutMs: number): Promise<Readonly<Record<string, string>>> {
    return (await this.#channel.ask('topicConfig', [topic], timeoutMs)) as Record<string, string>
  }

  async alterTopicConfig(
    topic: string,
    config: Readonly<Record<string, string>>,
    timeoutMs: number,
  ): Promise<void> {
    const entries = Object.entries(config).flat()
    if (entries.length === 0) return
    await this.#channel.ask('alterTopicConfig', [topic, ...entries], timeoutMs)
  }

  async groupOffsets(group: string, timeoutMs: number): Promise<readonly TopicPartitionOffset[]> {
    return readPositions(await this.#channel.ask('groupOffsets', [group], timeoutMs))
  }

  async alterGroupOffsets(
    group: string,
    offsets: readonly TopicPartitionOffset[],
    timeoutMs: number,
  ): Promise<void> {
    if (offsets.length === 0) return
    const args = [group, ...positionArguments(offsets)]
    await this.#channel.ask('alterGroupOffsets', args, timeoutMs)
  }

  async deleteRecords(offsets: readonly TopicPartitionOffset[], timeoutMs: number): Promise<void> {
    if (offsets.length === 0) return
    await this.#askLeaders(offsets, 'deleteRecords', positionArguments(offsets), timeoutMs)
  }

  async topicIds(
    topics: readonly string[],
    timeoutMs: number,
  ): Promise<ReadonlyMap<string, string>> {
    const ids = new Map<string, string>()
    for (const [topic, [id]] of Object.entries(await this.#describe(topics, timeoutMs))) {
      if (id !== '') ids.set(topic, id)
    }
    return ids
  }

  async offsets(
    partitions: readonly TopicPartition[],
    which: 'earliest' | 'latest',
    isolation: 'read_committed' | 'read_uncommitted',
    timeoutMs: number,
  ): Promise<readonly TopicPartitionOffset[]> {
    if (partitions.length === 0) return []
    const positions = partitions.map((at) => ({ ...at, offset: ends[which] }))
    const args = [isolation, ...positionArguments(positions)]
    return readPositions(await this.#askLeaders(partitions, 'offsets', args, timeoutMs))
  }

  stop(): Promise<void> {
    return this.#channel.stop()
  }

  /**
   * For requests that go to the leaders of partitions. librdkafka takes them from what it once heard of a topic, and goes on
   * for minutes to say that there are none if it has asked before they were elected; so it is made to ask first.
   */
  async #askLeaders(
    partitions: readonly TopicPartition[],
    kind: string,
    args: readonly (string | number)[],
    timeoutMs: number,
  ): Promise<unknown> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))]
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const known = await this.#describe(topics, timeoutMs)
      for (const { topic, partition } of partitions) {
        const facts = known[topic]
        if (facts === undefined) throw faultOf(faultCodes.ERR_UNKNOWN_TOPIC_OR_PART)
        if (partition >= facts[1]) throw faultOf(faultCodes.ERR__UNKNOWN_PARTITION)
      }
      try {
        return await this.#channel.ask(kind, args, timeoutMs)
      } catch (fault) {
        const passes = electing.has((fault as ClientFault).code)
        if (!passes || performance.now() > deadline) throw fault
      }
      await new Promise((resolve) => setTimeout(resolve, electionPauseMs))
    }
  }

  /** The topics that exist. */
  async #describe(topics: readonly string[], timeoutMs: number): Promise<Topics> {
    if (topics.length === 0) return {}
    return (await this.#channel.ask('topics', topics, timeoutMs)) as Topics
  }
}

import type { TopicPartition, TopicPartitionOffset } from '@goka/interface'
import type { AdminExtension } from '../admin-extension.ts'
import type { NativeAddon } from './addon.ts'
import { positionArguments, RequestChannel, readPositions } from './request-channel.ts'

/** librdkafka's names for the ends of a partition, in the place of an offset. */
const ends = { earliest: -2, latest: -1 }

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
    await this.#channel.ask('deleteRecords', positionArguments(offsets), timeoutMs)
  }

  async topicIds(
    topics: readonly string[],
    timeoutMs: number,
  ): Promise<ReadonlyMap<string, string>> {
    if (topics.length === 0) return new Map()
    const ids = (await this.#channel.ask('topicIds', topics, timeoutMs)) as Record<string, string>
    return new Map(Object.entries(ids))
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
    return readPositions(await this.#channel.ask('offsets', args, timeoutMs))
  }

  stop(): Promise<void> {
    return this.#channel.stop()
  }
}

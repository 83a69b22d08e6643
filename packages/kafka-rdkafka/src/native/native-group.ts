import type { TopicPartitionOffset } from '@goka/interface'
import type { GroupExtension } from '../group-extension.ts'
import type { NativeAddon } from './addon.ts'
import { positionArguments, RequestChannel } from './request-channel.ts'

/** librdkafka ends a commit by itself; this only has to be more. */
const TIMEOUT_MS = 60_000

/**
 * Commits through a connected consumer that was made with the plugin.
 * @param client - `client.name` of node-rdkafka
 */
export function nativeGroup(native: NativeAddon, client: string): GroupExtension {
  return new ChannelGroup(new RequestChannel(native, client))
}

class ChannelGroup implements GroupExtension {
  readonly #channel: RequestChannel

  constructor(channel: RequestChannel) {
    this.#channel = channel
  }

  async commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    if (offsets.length === 0) return
    await this.#channel.ask('commit', positionArguments(offsets), TIMEOUT_MS)
  }

  assignmentLost(): boolean {
    return this.#channel.assignmentLost()
  }

  stop(): Promise<void> {
    return this.#channel.stop()
  }
}

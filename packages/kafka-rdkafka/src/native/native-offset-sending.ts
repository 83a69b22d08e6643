import type { TopicPartitionOffset } from '@goka/interface'
import { call } from '../client/call.ts'
import type { OffsetSending } from '../offset-sending.ts'
import type { NativeAddon, OffsetSending as NativeSending } from './addon.ts'
import { positionArguments } from './request-channel.ts'

/**
 * Commits offsets on a thread that nothing waits for, in the name of the member as it is now.
 * @param producer - `client.name` of node-rdkafka
 * @param consumer - the same of the member
 */
export function sendOffsets(
  native: NativeAddon,
  producer: string,
  consumer: string,
  offsets: readonly TopicPartitionOffset[],
  timeoutMs: number,
): OffsetSending {
  let sending: NativeSending | undefined
  const returned: Promise<void> = call((done) => {
    const args = positionArguments(offsets).map(String)
    sending = new native.OffsetSending(producer, consumer, args, timeoutMs, () => {
      const outcome = sending?.take()
      if (outcome === undefined) return
      const [code, message, isFatal, isRetriable, isTxnRequiresAbort] = outcome
      done(code === 0 ? undefined : { code, message, isFatal, isRetriable, isTxnRequiresAbort })
    })
  })
  return { returned, leave: () => sending?.leave() }
}

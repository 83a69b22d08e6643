import type { Clock, Transport } from '@goka/interface'
import { altered } from './altered.ts'

/**
 * A transport that keeps commits to itself for a while: as librdkafka does without a coordinator, it sends them with the
 * membership of then, not with that of the moment of the call.
 * @param delayMs - for how long, now
 */
export function lateCommits(transport: Transport, delayMs: () => number): Transport {
  const wait = async (clock: Clock): Promise<void> => {
    const ms = delayMs()
    if (ms > 0) await new Promise<void>((resolve) => clock.setTimeout(resolve, ms))
  }
  return altered(transport, {
    groupConsumer: async (options, context) => {
      const consumer = await transport.groupConsumer(options, context)
      return altered(consumer, {
        commit: async (offsets) => {
          await wait(context.clock)
          await consumer.commit(offsets)
        },
      })
    },
    transactionalProducer: async (options, context) => {
      const producer = await transport.transactionalProducer(options, context)
      return altered(producer, {
        commit: async (consumer, offsets) => {
          await wait(context.clock)
          await producer.commit(consumer, offsets)
        },
      })
    },
  })
}

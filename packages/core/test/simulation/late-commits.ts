import type { Clock, Transport } from '@goka/interface'
import { altered } from './altered.ts'
import { Dice } from './dice.ts'

/**
 * A transport that keeps commits to itself for a while: as librdkafka does without a coordinator, it sends them with the
 * membership of then, not with that of the moment of the call.
 *
 * @param isOver - whether nothing is late any more
 */
export function lateCommits(transport: Transport, seed: number, isOver: () => boolean): Transport {
  const dice = new Dice(seed)
  const wait = (clock: Clock): Promise<void> | undefined => {
    const delayMs = dice.pick([0, 0, 0, 200, 4_000])
    if (delayMs === 0 || isOver()) return undefined
    return new Promise((resolve) => clock.setTimeout(resolve, delayMs))
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

// A member of a group by the transport alone: commits and closes when it is told to, and ends the process then.
import { rdkafka } from '@goka/kafka-rdkafka'
import { clientContext } from '../crash/client-context.ts'
import { answer, print, told } from './instance.ts'

export interface LoneMemberOptions {
  readonly brokers: string
  readonly topic: string
  readonly nativeFastPath: boolean
}

const { brokers, topic, nativeFastPath } = told() as LoneMemberOptions
const transport = rdkafka({ brokers: [brokers], nativeFastPath })
const consumer = await transport.groupConsumer(
  {
    group: topic,
    topics: [topic],
    isolation: 'read_committed',
    listener: {
      assigned: async (partitions) => {
        print({ kind: 'state', state: 'running' })
        return partitions.map((partition) => ({ ...partition, offset: 0 }))
      },
      revoked: async () => {},
      lost: async () => {},
    },
  },
  clientContext,
)
let closed = false
answer({
  commit: () => {
    consumer.commit([{ topic, partition: 0, offset: 0 }]).catch(() => {})
    return 'under way'
  },
  close: async () => {
    closed = true
    await consumer.close()
    process.exit(0)
  },
})
while (!closed) await consumer.poll(100)

// Consumes the batches of the native part and counts in a Map. Nothing is kept; offsets are committed once, at the end.

import type { TopicPartition } from '@goka/interface'
import { rdkafka } from '@goka/kafka-rdkafka'
import { clientContext } from './client-context.ts'
import { LastRecords } from './last-records.ts'
import { Program } from './program.ts'
import { writeTable } from './written-table.ts'

const program = new Program()
const records = new LastRecords(program)
const counts = new Map<string, number>()
const input = program.text('input')
const transport = rdkafka({ brokers: program.brokers() })
if (!transport.capabilities.nativeBatches) throw new TypeError('the native part is not installed')
await program.begin()
let assigned: readonly TopicPartition[] = []
const consumer = await transport.groupConsumer(
  {
    group: program.text('group'),
    topics: [input],
    isolation: 'read_uncommitted',
    listener: {
      async assigned(partitions) {
        assigned = partitions
        return partitions.map((partition) => ({ ...partition, offset: 0 }))
      },
      revoked: async () => {},
      lost: async () => {},
    },
  },
  clientContext,
)
let stopped = false
const stopping = program.told('stop').then(() => {
  stopped = true
})
while (!stopped) {
  if (assigned.length > 0) {
    await consumer.resume(assigned)
    assigned = []
  }
  for (const batch of await consumer.poll(5)) {
    for (let index = 0; index < batch.length; index++) {
      const name = batch.key(index) ?? ''
      counts.set(name, (counts.get(name) ?? 0) + 1)
      records.processed(batch.partition, batch.offset(index))
    }
  }
}
await stopping
const ends = program.numbers('ends')
await consumer.commit(
  ends.flatMap((offset, partition) => (offset > 0 ? [{ topic: input, partition, offset }] : [])),
)
await writeTable(program.text('dump'), counts)
process.exit(0)

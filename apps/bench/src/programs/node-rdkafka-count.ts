// Consumes and counts in a Map. Nothing is kept; offsets are committed once, at the end.
import rdkafka from 'node-rdkafka'
import { LastRecords } from './last-records.ts'
import { Program } from './program.ts'
import { writeTable } from './written-table.ts'

const program = new Program()
const records = new LastRecords(program)
const counts = new Map<string, number>()
const input = program.text('input')
const consumer = new rdkafka.KafkaConsumer(
  {
    'bootstrap.servers': program.text('brokers'),
    'group.id': program.text('group'),
    'enable.auto.commit': false,
  },
  { 'auto.offset.reset': 'earliest' },
)
await program.begin()
await new Promise<void>((resolve, reject) => {
  consumer.connect({}, (error) => {
    if (error === null) resolve()
    else reject(new TypeError(error.message))
  })
})
consumer.subscribe([input])
consumer.setDefaultConsumeTimeout(5)
const consume = (): void => {
  consumer.consume(1_000, (error, messages) => {
    if (error !== null) throw new TypeError(error.message)
    for (const { key, partition, offset } of messages) {
      const name = String(key)
      counts.set(name, (counts.get(name) ?? 0) + 1)
      records.processed(partition, offset)
    }
    if (!stopped) consume()
  })
}
let stopped = false
consume()
await program.told('stop')
stopped = true
const ends = program.numbers('ends')
consumer.commitSync(
  ends.flatMap((offset, partition) => (offset > 0 ? [{ topic: input, partition, offset }] : [])),
)
await writeTable(program.text('dump'), counts)
process.exit(0)

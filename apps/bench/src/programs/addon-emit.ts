// Fills batches and hands them to the native part: the limit of the emitter.
import { fnv1a } from '@goka/core'
import { ProduceBatch } from '@goka/interface'
import { rdkafka } from '@goka/kafka-rdkafka'
import { clientContext } from './client-context.ts'
import { EmittedRecords } from './emitted-records.ts'
import { Program } from './program.ts'

const program = new Program()
const records = new EmittedRecords(program)
const transport = rdkafka({ brokers: program.brokers() })
if (!transport.capabilities.nativeBatches) throw new TypeError('the native part is not installed')
await program.begin()
const producer = await transport.producer({}, clientContext)
const topic = program.text('output')
const partitions = await producer.partitions(topic)
program.say('first')
const sending: Promise<unknown>[] = []
for (let record = 0; record < records.count; ) {
  const batch = new ProduceBatch()
  const index = batch.topicIndex(topic)
  for (let some = 0; some < 10_000 && record < records.count; some++, record++) {
    const key = records.key(record)
    const partition = fnv1a.partition(key, partitions)
    batch.add(index, partition, key, records.value(record, key), Number.NaN, undefined)
  }
  sending.push(producer.send(batch))
  if (sending.length > 8) await sending.shift()
}
await Promise.all(sending)
program.say('done')
await program.told('stop')
await producer.close()
process.exit(0)

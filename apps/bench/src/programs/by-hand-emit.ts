// Sends a thousand records at a time with kafkajs, eight times at once.
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { EmittedRecords } from './emitted-records.ts'
import { Program } from './program.ts'

const program = new Program()
const records = new EmittedRecords(program)
const kafka = new Kafka({ brokers: program.brokers(), logLevel: logLevel.ERROR })
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
await program.begin()
await producer.connect()
const topic = program.text('output')
program.say('first')
const sending: Promise<unknown>[] = []
for (let record = 0; record < records.count; ) {
  const messages: { key: string; value: Buffer }[] = []
  for (; messages.length < 1_000 && record < records.count; record++) {
    const key = records.key(record)
    messages.push({ key, value: records.value(record, key) })
  }
  sending.push(producer.send({ topic, messages }))
  if (sending.length >= 8) await sending.shift()
}
await Promise.all(sending)
program.say('done')
await program.told('stop')
await producer.disconnect()
process.exit(0)

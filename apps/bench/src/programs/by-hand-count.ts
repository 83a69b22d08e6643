// What is written without a library: kafkajs reads, Redis counts; one round trip a record, or one a batch.
import { Redis } from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'
import { LastRecords } from './last-records.ts'
import { Program } from './program.ts'
import { writeTable } from './written-table.ts'

const program = new Program()
const records = new LastRecords(program)
const redis = new Redis({ port: program.number('redis'), host: '127.0.0.1' })
const kafka = new Kafka({ brokers: program.brokers(), logLevel: logLevel.ERROR })
const consumer = kafka.consumer({ groupId: program.text('group') })
await program.begin()
await consumer.connect()
await consumer.subscribe({ topic: program.text('input'), fromBeginning: true })
if (program.text('mode') === 'one-by-one') {
  await consumer.run({
    async eachMessage({ partition, message }) {
      await redis.incr(String(message.key))
      records.processed(partition, Number(message.offset))
    },
  })
} else {
  await consumer.run({
    async eachBatch(payload) {
      const { messages, partition } = payload.batch
      const pipeline = redis.pipeline()
      for (const { key } of messages) pipeline.incr(String(key))
      for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error
      for (const { offset } of messages) {
        payload.resolveOffset(offset)
        records.processed(partition, Number(offset))
      }
    },
  })
}
await program.told('stop')
await consumer.disconnect()
await writeTable(program.text('dump'), await table())
process.exit(0)

async function table(): Promise<[string, string][]> {
  const entries: [string, string][] = []
  for await (const keys of redis.scanStream({ count: 1_000 })) {
    const names = keys as string[]
    if (names.length === 0) continue
    const values = await redis.mget(names)
    for (const [index, name] of names.entries()) entries.push([name, values[index] ?? ''])
  }
  return entries
}

// Produces records with node-rdkafka alone, with the settings of our transport, and waits for the delivery report of each.
import { setImmediate as turn } from 'node:timers/promises'
import rdkafka from 'node-rdkafka'
import { EmittedRecords } from './emitted-records.ts'
import { Program } from './program.ts'

const program = new Program()
const records = new EmittedRecords(program)
const producer = new rdkafka.Producer({
  'bootstrap.servers': program.text('brokers'),
  'enable.idempotence': true,
  'compression.codec': 'lz4',
  'linger.ms': 0,
  dr_cb: true,
})
let delivered = 0
let arrived: (() => void) | undefined
producer.on('delivery-report', (error) => {
  if (error !== null) throw new TypeError(error.message)
  if (++delivered === records.count) arrived?.()
})
await program.begin()
await new Promise<void>((resolve, reject) => {
  producer.connect({}, (error) => {
    if (error === null) resolve()
    else reject(new TypeError(error.message))
  })
})
producer.setPollInterval(5)
const topic = program.text('output')
program.say('first')
for (let record = 0; record < records.count; ) {
  const key = records.key(record)
  try {
    producer.produce(topic, null, records.value(record, key), key)
    record++
  } catch (error) {
    const { code } = error as { readonly code?: number }
    if (code !== rdkafka.CODES.ERRORS.ERR__QUEUE_FULL) throw error
    producer.poll()
    await turn()
  }
}
if (delivered < records.count) {
  await new Promise<void>((resolve) => {
    arrived = resolve
  })
}
program.say('done')
await program.told('stop')
process.exit(0)

import { int64, string } from '@goka/codecs'
import { defineGroup, Goka, stream } from '@goka/core'
import { rdkafka } from '@goka/kafka-rdkafka'
import { leveldb } from '@goka/storage-leveldb'

const examples = stream('example-stream', string)

const counter = defineGroup('example-group')
  .persist(int64) // the group's table, in the topic "example-group-table"
  .input(examples, (ctx, message) => {
    const count = (ctx.value() ?? 0n) + 1n // a bigint, by the codec
    ctx.setValue(count)
    console.log(ctx.key, count, message)
  })

const goka = new Goka({
  transport: rdkafka({ brokers: ['localhost:9092'] }),
  storage: leveldb({ path: './state' }),
})
const emitter = goka.emitter(examples)
const processor = goka.processor(counter)
process.once('SIGINT', () => void processor.stop())

await Promise.all([
  emitter.emit('some-key', 'some-value'),
  processor.run(), // until it is stopped; rejects with what ended it otherwise
])
await emitter.close()

// Counts the records of each key of a topic, exactly once, as one of several.
import { integer } from '@goka/codecs/integer'
import { string } from '@goka/codecs/string'
import { defineGroup, Goka, stream } from '@goka/core'
import { runMember } from '@goka/fleet/member'
import { rdkafka } from '@goka/kafka-rdkafka'
import { leveldb } from '@goka/storage-leveldb'

const [brokers = '', topic = '', path = ''] = process.argv.slice(2)
const group = defineGroup(`${topic}-counts`)
  .persist(integer)
  .input(stream(topic, string), (ctx) => {
    ctx.setValue((ctx.value() ?? 0) + 1)
  })

await runMember(({ index, log }) => {
  const goka = new Goka({
    transport: rdkafka({ brokers: brokers.split(','), sessionTimeoutMs: 10_000 }),
    storage: leveldb({ path: `${path}/${index}` }),
    log,
  })
  return goka.processor(group, {
    instanceId: `${group.name}-${index}`,
    guarantee: 'exactly-once',
    commitIntervalMs: 20,
  })
})

// Moves on by transactions until it is killed: number n goes to two topics and, as an offset, to a group. Says each number
// when its commit has resolved.
import { Cluster } from '../cluster.ts'
import { addTo, batchOf } from '../records.ts'

const [path = ''] = process.argv.slice(2)
const cluster = new Cluster({ path })
const admin = await cluster.admin()
if ((await admin.topics(['in'])).size === 0) {
  for (const topic of ['in', 'a', 'b']) await admin.createTopic({ topic, partitions: 1 })
}
const member = await cluster.member('member', { topics: ['in'] })
await member.holds(1)
const producer = await cluster.transactional('id')
const [last] = await admin.groupOffsets('group')
for (let number = (last?.offset ?? 0) + 1; ; number++) {
  await producer.begin()
  await producer.send(addTo(batchOf('a', [[0, 'k', `${number}`]]), 'b', [[0, 'k', `${number}`]]))
  await producer.commit(member.consumer, [{ topic: 'in', partition: 0, offset: number }])
  process.stdout.write(`${number}\n`)
}

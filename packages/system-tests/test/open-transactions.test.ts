import { randomUUID } from 'node:crypto'
import { ProduceBatch } from '@goka/interface'
import { sharedBroker } from '@goka/kafka-broker'
import { rdkafka } from '@goka/kafka-rdkafka'
import { expect, it } from '@jest/globals'
import { clientContext } from '../src/crash/client-context.ts'
import { openTransactions } from '../src/crash/open-transactions.ts'
import { eventually } from '../src/eventually.ts'

it('a transaction is found open in its partitions until it has ended', async () => {
  const brokers = sharedBroker()
  const [topic, other] = [`transaction-${randomUUID()}`, `none-${randomUUID()}`]
  const transport = rdkafka({ brokers: brokers.split(',') })
  const admin = await transport.admin(clientContext)
  await admin.createTopic({ topic, partitions: 3 })
  await admin.createTopic({ topic: other, partitions: 3 })
  await admin.close()
  const producer = await transport.transactionalProducer({ transactionalId: topic }, clientContext)
  const open = () => openTransactions(brokers, [other, topic], 3)
  expect(await open()).toEqual([])
  for (const firstOffset of [0, 3]) {
    await producer.begin()
    const batch = new ProduceBatch()
    for (let count = 0; count < 2; count++) {
      batch.add(batch.topicIndex(topic), 2, 'key', null, Number.NaN, undefined)
    }
    await producer.send(batch)
    expect(await open()).toEqual([{ topic, partition: 2, firstOffset }])
    await producer.abort()
    // The marker of its end is written after the answer.
    await eventually(async () => expect(await open()).toEqual([]))
  }
  await producer.close()
})

it('a partition that the broker does not lead is an error', async () => {
  await expect(openTransactions(sharedBroker(), [`unknown-${randomUUID()}`], 1)).rejects.toThrow(
    /^producers of unknown-.*\/0: 3 /,
  )
})

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type GroupConsumer,
  ProduceBatch,
  type RecordBatch,
  type TopicPartition,
  type Transport,
} from '@goka/interface'
import { type Broker, startBroker } from '@goka/kafka-broker'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { RdkafkaGroupConsumer } from '../../src/consume/group-consumer.ts'
import { rdkafka } from '../../src/index.ts'
import { clientContext } from '../client-context.ts'

const limitMs = 60_000

/** What a client does while its only broker is away, on both paths. */
describe.each([
  ['by node-rdkafka alone', false],
  ['natively', true],
])('a broker that comes back, %s', (_, nativeFastPath) => {
  let broker: Broker
  let transport: Transport

  beforeAll(async () => {
    broker = await startBroker()
    transport = rdkafka({ brokers: [broker.brokers], nativeFastPath })
  }, limitMs)

  afterAll(async () => {
    await broker.stop()
  }, limitMs)

  it(
    'delivers what was sent meanwhile, reads on, and tells both changes',
    async () => {
      const topic = await createTopic(transport, 'reading')
      const context = clientContext('survivor')
      // One for each client; a broker that is slow to answer may be taken for lost once more.
      const downs = () => context.told.filter(({ up }) => !up)
      const producer = await transport.producer({}, context)
      const reader = await transport.partitionReader({ isolation: 'read_committed' }, context)
      await producer.send(batchOf(topic, 'before'))
      await reader.add([{ topic, partition: 0, offset: 0 }])
      expect(await valuesUntil(reader, 1)).toEqual(['before'])

      broker.kill('SIGKILL')
      await broker.exited
      // A consumer hears of it while it polls.
      await until(async () => {
        await reader.poll(10)
        return downs().length >= 2
      })
      expect(downs().every(({ cause }) => cause?.code === 'GOKA_TRANSPORT_FAILED')).toBe(true)
      const sent = producer.send(batchOf(topic, 'meanwhile'))
      await broker.restart()

      expect(await sent).toEqual([{ topic, partition: 0, offset: 2 }])
      expect(await valuesUntil(reader, 1)).toEqual(['meanwhile'])
      await until(() => context.told.length === 2 * downs().length)
      await producer.close()
      await reader.close()
    },
    limitMs,
  )

  it(
    'takes the commit of a member that was made meanwhile',
    async () => {
      const topic = await createTopic(transport, 'committing')
      const consumer = await member(transport, topic)
      const polling = pollUntilClosed(consumer)
      broker.kill('SIGKILL')
      await broker.exited
      const position = { topic, partition: 0, offset: 1 }
      const committed = consumer.commit([position])
      await broker.restart()
      await committed
      expect(await consumer.committed([position])).toEqual([position])
      await consumer.close()
      await polling
    },
    limitMs,
  )

  it(
    'closes its clients in time though the broker is away, and leaves the event loop free',
    async () => {
      const topic = await createTopic(transport, 'closing')
      const context = clientContext('leaver')
      const consumer = await member(transport, topic)
      const reader = await transport.partitionReader({ isolation: 'read_committed' }, context)
      await reader.add([{ topic, partition: 0, offset: 0 }])
      const producer = await transport.producer({}, context)
      const transactional = await transport.transactionalProducer(
        { transactionalId: 'leaver' },
        context,
      )
      const admin = await transport.admin(context)
      await admin.createTopic({ topic: 'closing-too', partitions: 1 })
      await transactional.begin()
      await producer.partitions(topic)
      broker.kill('SIGKILL')
      await broker.exited
      const sent = producer.send(batchOf(topic, 'lost')).catch((error: unknown) => error)
      const asked = admin.topics([topic]).catch((error: unknown) => error)
      const start = performance.now()
      const loop = monitorEventLoopDelay()
      loop.enable()
      await Promise.all([consumer, reader, producer, transactional, admin].map((c) => c.close()))
      expect(performance.now() - start).toBeLessThan(25_000)
      loop.disable()
      expect(loop.max / 1e6).toBeLessThan(1_000)
      expect(await sent).toMatchObject({ code: 'GOKA_TRANSPORT_INDEFINITE' })
      expect(await asked).toMatchObject({ code: 'GOKA_TRANSPORT_CLOSED' })
      await broker.restart()
    },
    limitMs,
  )

  it(
    'does not keep the close of a member whose commit it owes an answer: that is torn down when it is back',
    async () => {
      const topic = await createTopic(transport, 'owing')
      const consumer = await member(transport, topic)
      // One that is frozen takes the commit and does not answer.
      broker.kill('SIGSTOP')
      const committed = consumer
        .commit([{ topic, partition: 0, offset: 1 }])
        .catch((error: unknown) => error)
      broker.kill('SIGKILL')
      await broker.exited
      const closedAt = performance.now()
      await consumer.close()
      expect(performance.now() - closedAt).toBeLessThan(5_000)
      expect(await committed).toMatchObject({ code: 'GOKA_TRANSPORT_CLOSED' })
      if (!(consumer instanceof RdkafkaGroupConsumer)) throw new Error('not of this transport')
      const { client } = consumer.connection
      expect(client.isConnected()).toBe(true)
      await broker.restart()
      await until(() => !client.isConnected())
    },
    limitMs,
  )
})

async function createTopic(transport: Transport, topic: string): Promise<string> {
  const admin = await transport.admin(clientContext('admin'))
  await admin.createTopic({ topic, partitions: 1 })
  await admin.close()
  return topic
}

async function member(transport: Transport, topic: string): Promise<GroupConsumer> {
  let owned: readonly TopicPartition[] = []
  const consumer = await transport.groupConsumer(
    {
      group: `${topic}-group`,
      topics: [topic],
      isolation: 'read_committed',
      listener: {
        assigned: async (partitions) => {
          owned = partitions
          return partitions.map((partition) => ({ ...partition, offset: 0 }))
        },
        revoked: async () => undefined,
        lost: async () => undefined,
      },
    },
    clientContext('member'),
  )
  await until(async () => {
    await consumer.poll(50)
    return owned.length === 1
  })
  await consumer.resume(owned)
  return consumer
}

async function pollUntilClosed(consumer: GroupConsumer): Promise<void> {
  let closed = false
  const close = consumer.close.bind(consumer)
  consumer.close = async () => {
    closed = true
    await close()
  }
  while (!closed) await consumer.poll(100)
}

async function valuesUntil(
  polled: { poll(timeoutMs: number): Promise<readonly RecordBatch[]> },
  count: number,
): Promise<string[]> {
  const values: string[] = []
  await until(async () => {
    for (const batch of await polled.poll(100)) {
      for (let index = 0; index < batch.length; index++) {
        values.push(Buffer.from(batch.value(index) ?? []).toString())
      }
    }
    return values.length >= count
  })
  return values
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('it did not happen in time')
    await delay(5)
  }
}

function batchOf(topic: string, value: string): ProduceBatch {
  const batch = new ProduceBatch()
  batch.add(batch.topicIndex(topic), 0, 'key', Buffer.from(value), NaN, undefined)
  return batch
}

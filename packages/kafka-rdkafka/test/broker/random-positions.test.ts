import { setTimeout as delay } from 'node:timers/promises'
import { type GroupConsumer, ProduceBatch, type RecordBatch, type Transport } from '@goka/interface'
import { sharedBroker } from '@goka/kafka-broker'
import { describe, expect, it } from '@jest/globals'
import { rdkafka } from '../../src/index.ts'
import { clientContext } from '../client-context.ts'

const partitionCount = 4
const durationMs = 5_000

/** Where a partition is to be read on, by what was told to the consumer and what it returned. */
interface Expected {
  position: number
  paused: boolean
}

/** Pauses, resumes and moves partitions at random while records are written, and checks each batch against its position. */
describe.each([
  ['by node-rdkafka alone', false],
  ['natively', true],
])('positions under random pauses, resumes and moves, %s', (_, nativeFastPath) => {
  it('leave no record out, repeat none and return none of a paused partition', async () => {
    const transport = rdkafka({ brokers: sharedBroker().split(','), nativeFastPath })
    const topic = `random-positions-${process.pid}-${String(nativeFastPath)}`
    const admin = await transport.admin(clientContext('admin'))
    await admin.createTopic({ topic, partitions: partitionCount })
    const expected = Array.from({ length: partitionCount }, () => ({ position: 0, paused: true }))
    const consumer = await member(transport, topic)
    const producer = await transport.producer({}, clientContext('producer'))
    const wrong: string[] = []
    const read = expected.map(() => 0)
    const state = { over: false, moves: 0 }

    const writing = (async () => {
      while (!state.over) {
        await producer.send(someRecords(topic))
        await delay(3)
      }
    })()
    const polling = (async () => {
      while (!state.over) {
        for (const batch of await consumer.poll(20)) {
          check(batch, expected[batch.partition] as Expected, wrong)
          read[batch.partition] = (read[batch.partition] ?? 0) + batch.length
        }
      }
    })()
    const end = performance.now() + durationMs
    while (performance.now() < end) {
      await delay(Math.random() * 25)
      const partition = Math.floor(Math.random() * partitionCount)
      await change(consumer, topic, partition, expected[partition] as Expected)
      state.moves++
    }
    await consumer.resume(expected.map((_partition, partition) => ({ topic, partition })))
    for (const one of expected) one.paused = false
    await delay(500)
    state.over = true
    await Promise.all([writing, polling])
    await Promise.all([consumer.close(), producer.close()])
    await admin.deleteTopic(topic)
    await admin.close()

    expect(wrong).toEqual([])
    expect(state.moves).toBeGreaterThan(50)
    expect(Math.min(...read)).toBeGreaterThan(100)
  }, 60_000)
})

/** Does one thing to a partition. What is expected changes before a start, and after a pause. */
async function change(
  consumer: GroupConsumer,
  topic: string,
  partition: number,
  expected: Expected,
): Promise<void> {
  const dice = Math.random()
  if (dice < 0.4) {
    await consumer.pause([{ topic, partition }])
    expected.paused = true
  } else if (dice < 0.8) {
    expected.paused = false
    await consumer.resume([{ topic, partition }])
  } else {
    await consumer.pause([{ topic, partition }])
    const offset = Math.max(0, expected.position - Math.floor(Math.random() * 500))
    Object.assign(expected, { position: offset, paused: false })
    await consumer.resume([{ topic, partition, offset }])
  }
}

function check(batch: RecordBatch, expected: Expected, wrong: string[]): void {
  const { partition } = batch
  if (expected.paused) wrong.push(`partition ${partition} is paused`)
  if (batch.length > 0 && batch.offset(0) !== expected.position) {
    wrong.push(`partition ${partition}: ${batch.offset(0)} instead of ${expected.position}`)
  }
  expected.position = batch.nextOffset
}

async function member(transport: Transport, topic: string): Promise<GroupConsumer> {
  let assigned = 0
  const consumer = await transport.groupConsumer(
    {
      group: `${topic}-group`,
      topics: [topic],
      isolation: 'read_committed',
      listener: {
        assigned: async (partitions) => {
          assigned += partitions.length
          return partitions.map((partition) => ({ ...partition, offset: 0 }))
        },
        revoked: async () => undefined,
        lost: async () => undefined,
      },
    },
    clientContext('member'),
  )
  while (assigned < partitionCount) await consumer.poll(20)
  return consumer
}

function someRecords(topic: string): ProduceBatch {
  const batch = new ProduceBatch()
  const index = batch.topicIndex(topic)
  for (let record = 0; record < 80; record++) {
    batch.add(index, record % partitionCount, 'key', Buffer.alloc(20), NaN, undefined)
  }
  return batch
}

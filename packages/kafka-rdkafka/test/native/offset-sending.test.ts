import type { TopicPartitionOffset } from '@goka/interface'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import rdkafka from 'node-rdkafka'
import type { ClientFault } from '../../src/client-fault.ts'
import { type NativeAdmin, nativeAdmin } from '../../src/native/native-admin.ts'
import { sendOffsets } from '../../src/native/native-offset-sending.ts'
import {
  type Connected,
  connectConsumer,
  connectProducer,
  createTopic,
  native,
  uniqueName,
} from './clients.ts'

const { ERRORS } = rdkafka.CODES
const timeoutMs = 10_000

type Call = (done: (error: unknown) => void) => void

async function call(start: Call): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    start((error) => (error ? reject(error) : resolve()))
  })
}

describe('offsets in a transaction', () => {
  let topic: string
  let group: string
  let transactionalId: string
  let consumer: Connected<rdkafka.KafkaConsumer>
  let producer: Connected<rdkafka.Producer>
  let admin: NativeAdmin

  beforeEach(async () => {
    topic = await createTopic(2)
    group = uniqueName('group')
    consumer = await connectConsumer({ 'group.id': group })
    transactionalId = uniqueName('transaction')
    producer = await connectProducer({ 'transactional.id': transactionalId })
    admin = nativeAdmin(native, producer.name)
    await call((done) => producer.client.initTransactions(timeoutMs, done))
  })
  afterEach(async () => {
    await admin.stop()
    await producer.disconnect()
    await consumer.disconnect()
  })

  function send(offset: number): Promise<void> {
    const offsets = [
      { topic, partition: 0, offset },
      { topic, partition: 1, offset: offset + 1 },
    ]
    return sendOffsets(native, producer.name, consumer.name, offsets, timeoutMs).returned
  }

  async function stableOffsets(): Promise<readonly TopicPartitionOffset[]> {
    for (;;) {
      try {
        return await admin.groupOffsets(group, timeoutMs)
      } catch (fault) {
        if ((fault as ClientFault).code !== ERRORS.ERR_UNSTABLE_OFFSET_COMMIT) throw fault
      }
    }
  }

  it('are those of the group when it is committed, and void when it is aborted', async () => {
    await call((done) => producer.client.beginTransaction(done))
    await send(5)
    await call((done) => producer.client.commitTransaction(timeoutMs, done))
    await call((done) => producer.client.beginTransaction(done))
    await send(7)
    await call((done) => producer.client.abortTransaction(timeoutMs, done))
    // Unstable, and refused, until the end of the transaction has come to the group's coordinator.
    expect(await stableOffsets()).toEqual([
      { topic, partition: 0, offset: 5 },
      { topic, partition: 1, offset: 6 },
    ])
  })

  it('are refused with what librdkafka says of the fault', async () => {
    await expect(send(5)).rejects.toMatchObject({ code: ERRORS.ERR__STATE })
    await call((done) => producer.client.beginTransaction(done))
    const offsets = [{ topic, partition: 0, offset: 1 }]
    const by = (member: string): Promise<void> =>
      sendOffsets(native, producer.name, member, offsets, timeoutMs).returned
    await expect(by('nobody')).rejects.toMatchObject({
      message: expect.stringContaining('no connected client'),
    })
    await expect(by(producer.name)).rejects.toMatchObject({
      message: expect.stringContaining('not in a group'),
    })
  })

  it('of a producer whose id another one has taken fail for good', async () => {
    await call((done) => producer.client.beginTransaction(done))
    const next = await connectProducer({ 'transactional.id': transactionalId })
    try {
      await call((done) => next.client.initTransactions(timeoutMs, done))
      await expect(send(5)).rejects.toMatchObject({ code: ERRORS.ERR__FENCED, isFatal: true })
    } finally {
      await next.disconnect()
    }
  })
})

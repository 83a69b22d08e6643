import { ProduceBatch } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { rdkafka } from '../../src/index.ts'
import { clientContext } from '../client-context.ts'

const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',')

describe.each([true, false])('a record, with the native part: %p', (nativeFastPath) => {
  it('is taken up to the size that the transport names, and refused beyond it', async () => {
    const transport = rdkafka({
      brokers,
      nativeFastPath,
      librdkafka: { 'message.max.bytes': 5_000 },
    })
    const { maxRecordBytes = 0 } = transport.capabilities
    const context = clientContext('record-size')
    const topic = `record-size-${process.pid}-${nativeFastPath}`
    const admin = await transport.admin(context)
    await admin.createTopic({ topic, partitions: 1 })
    const producer = await transport.producer({}, context)
    const batch = new ProduceBatch()
    for (const bytes of [maxRecordBytes - 3, maxRecordBytes - 2]) {
      batch.add(batch.topicIndex(topic), 0, 'key', Buffer.alloc(bytes), Number.NaN, undefined)
    }
    const report = await producer.sendEach(batch)
    expect(report.offsets[0]).toBe(0)
    expect([...report.failures].map(([index, { code }]) => [index, code])).toEqual([
      [1, 'GOKA_TRANSPORT_RECORD_TOO_LARGE'],
    ])
    await producer.close()
    await admin.deleteTopic(topic)
    await admin.close()
  })
})

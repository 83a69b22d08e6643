import type { RecordBatch } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import type rdkafka from 'node-rdkafka'
import { MessageBatches } from '../../src/consume/message-batches.ts'

function message(partition: number, offset: number, more: Partial<rdkafka.Message> = {}) {
  const value = Buffer.from(`v${offset}`)
  return { topic: 'in', partition, offset, value, size: 2, key: null, timestamp: 5, ...more }
}

function shown(batch: RecordBatch): string {
  const offsets = Array.from({ length: batch.length }, (_, index) => batch.offset(index))
  return `${batch.topic}/${batch.partition} [${offsets.join()}] next ${batch.nextOffset}${batch.atEnd ? ' end' : ''}`
}

describe('messages in batches', () => {
  it('are together by partition, however they are mixed', () => {
    const batches = new MessageBatches(1_000)
    for (const [partition, offset] of [
      [0, 5],
      [1, 7],
      [0, 6],
      [1, 9],
      [0, 8],
    ] as const) {
      batches.add(message(partition, offset))
    }
    batches.add({ ...message(0, 3), topic: 'other' })
    expect(batches.take().map(shown)).toEqual([
      'in/0 [5,6,8] next 9',
      'in/1 [7,9] next 10',
      'other/0 [3] next 4',
    ])
    expect(batches.take()).toEqual([])
  })

  it('end where the partition ends, and may go on after it', () => {
    const batches = new MessageBatches(1_000)
    batches.add(message(0, 1))
    batches.end({ topic: 'in', partition: 0, offset: 4 })
    batches.end({ topic: 'in', partition: 1, offset: 0 })
    batches.add(message(0, 4))
    expect(batches.take().map(shown)).toEqual([
      'in/0 [1] next 4 end',
      'in/1 [] next 0 end',
      'in/0 [4] next 5',
    ])
  })

  it('are no larger than the limit, but for a message that is', () => {
    const batches = new MessageBatches(10)
    for (const offset of [1, 2, 3]) batches.add(message(0, offset, { value: Buffer.alloc(5) }))
    batches.add(message(0, 4, { value: Buffer.alloc(50) }))
    expect(batches.take().map(shown)).toEqual(['in/0 [1,2] next 3', 'in/0 [3,4] next 5'])
  })

  it('leave out partitions that are skipped, until they are not', () => {
    const batches = new MessageBatches(1_000)
    batches.skip([{ topic: 'in', partition: 0 }])
    batches.add(message(0, 1))
    batches.add(message(1, 1))
    batches.end({ topic: 'in', partition: 0, offset: 2 })
    expect(batches.take().map(shown)).toEqual(['in/1 [1] next 2'])
    batches.unskip([{ topic: 'in', partition: 0 }])
    batches.add(message(0, 2))
    expect(batches.take().map(shown)).toEqual(['in/0 [2] next 3'])
  })

  it('keep keys, values and headers as they came', () => {
    const batches = new MessageBatches(1_000)
    // A header of this name becomes the prototype of the object that node-rdkafka makes.
    const odd = Object.create(Buffer.from('odd')) as rdkafka.MessageHeader
    const headers = [{ a: Buffer.from('1') }, { a: Buffer.alloc(0) }, odd, { 5: Buffer.from('2') }]
    batches.add(message(0, 1, { key: Buffer.from([0, 255]), value: null, headers }))
    batches.add(message(0, 2, { key: Buffer.alloc(0), value: Buffer.alloc(0), timestamp: 9 }))
    const [batch] = batches.take() as [RecordBatch]
    expect([batch.key(0), batch.value(0), batch.timestamp(0)]).toEqual(['\0\xff', null, 5])
    expect(batch.headers(0).map(({ name, value }) => [name, String(value)])).toEqual([
      ['a', '1'],
      ['a', ''],
      ['__proto__', 'odd'],
      ['5', '2'],
    ])
    expect([batch.key(1), batch.value(1)?.length, batch.timestamp(1)]).toEqual(['', 0, 9])
    expect(batch.headers(1)).toEqual([])
  })
})

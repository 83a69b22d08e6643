import { EventEmitter } from 'node:events'
import { type Header, ProduceBatch } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import type rdkafka from 'node-rdkafka'
import { faultCodes, faultOf } from '../../src/client-fault.ts'
import { MessageSink } from '../../src/produce/message-sink.ts'
import { clientContext } from '../client-context.ts'
import { until } from '../until.ts'

/** What `produce` is given; the opaque, of any type there, is a number. */
type Produced = [
  topic: string,
  partition: number,
  value: Buffer | null,
  key: Buffer | null,
  timestamp: number | null,
  opaque: number,
  headers: rdkafka.MessageHeader[] | undefined,
]

/** A producer that keeps what it is given until it is told what became of it. */
class FakeProducer extends EventEmitter {
  readonly produced: Produced[] = []
  /** By value: what `produce` throws. */
  readonly refused = new Map<string, number>()
  room = Number.POSITIVE_INFINITY

  produce(...args: Produced): void {
    const code =
      this.refused.get(String(args[2])) ?? (this.room > 0 ? 0 : faultCodes.ERR__QUEUE_FULL)
    if (code !== 0) throw Object.assign(new Error(), faultOf(code))
    this.room--
    this.produced.push(args)
  }

  get values(): string[] {
    return this.produced.map(([, , value]) => String(value))
  }

  /** Reports the delivery of a value. */
  deliver(value: string, offset: number, error: Error | null = null): void {
    const [topic, partition, , , , opaque] = this.produced.find(
      ([, , produced]) => String(produced) === value,
    ) as Produced
    this.emit('delivery-report', error, { topic, partition, offset, opaque })
  }
}

function made() {
  const client = new FakeProducer()
  const sink = new MessageSink(
    client as unknown as rdkafka.Producer,
    clientContext('producer').clock,
  )
  return { client, sink }
}

function batchOf(values: readonly string[], headers?: readonly Header[]): ProduceBatch {
  const batch = new ProduceBatch()
  for (const [index, value] of values.entries()) {
    batch.add(batch.topicIndex('out'), index % 2, 'key', Buffer.from(value), NaN, headers)
  }
  return batch
}

describe('a sink of messages', () => {
  it('resolves when each record is delivered, with the end of each partition', async () => {
    const { client, sink } = made()
    const sent = sink.send(batchOf(['a', 'b', 'c']))
    await until(() => client.produced.length === 3)
    client.deliver('c', 8)
    client.deliver('b', 3)
    client.deliver('a', 7)
    expect(await sent).toEqual({
      ends: [
        { topic: 'out', partition: 0, offset: 9 },
        { topic: 'out', partition: 1, offset: 4 },
      ],
      failure: undefined,
    })
  })

  it('tells the first failure by index, and the offsets of the others', async () => {
    const { client, sink } = made()
    client.refused.set('d', faultCodes.ERR_MSG_SIZE_TOO_LARGE)
    const sent = sink.sendEach(batchOf(['a', 'b', 'c', 'd']))
    await until(() => client.produced.length === 3)
    client.deliver('a', 1)
    client.deliver('b', -1, new Error('Local: Message timed out'))
    client.deliver('c', 2)
    const { offsets, codes } = await sent
    expect([...offsets]).toEqual([1, NaN, 2, NaN])
    const { ERR__MSG_TIMED_OUT, ERR_MSG_SIZE_TOO_LARGE } = faultCodes
    expect([...codes]).toEqual([0, ERR__MSG_TIMED_OUT, 0, ERR_MSG_SIZE_TOO_LARGE])
  })

  it('waits for room in the order of the sends', async () => {
    const { client, sink } = made()
    client.room = 1
    const sends = [sink.send(batchOf(['a', 'b'])), sink.send(batchOf(['c']))]
    await until(() => client.produced.length === 1)
    client.room = 2
    await until(() => client.produced.length === 3)
    expect(client.values).toEqual(['a', 'b', 'c'])
    for (const value of ['c', 'b', 'a']) client.deliver(value, 0)
    await Promise.all(sends)
  })

  it('sends headers that are text, and refuses others', async () => {
    const { client, sink } = made()
    const text = sink.sendEach(batchOf(['a'], [{ name: 'é', value: Buffer.from('ü') }]))
    await until(() => client.produced.length === 1)
    const [, , , , , , headers] = client.produced[0] as Produced
    expect(headers?.map((header) => Object.entries(header).flat().map(String))).toEqual([
      ['é', 'ü'],
    ])
    client.deliver('a', 0)
    expect([...(await text).codes]).toEqual([0])
    for (const value of [null, Buffer.from([0xff]), Buffer.from('a\0b')]) {
      const { codes } = await sink.sendEach(batchOf(['b'], [{ name: 'h', value }]))
      expect([...codes]).toEqual([faultCodes.ERR__UNSUPPORTED_FEATURE])
    }
  })

  it('settles at its stop what is under way, waits or comes later', async () => {
    const { client, sink } = made()
    client.room = 1
    const sends = [sink.sendEach(batchOf(['a'])), sink.sendEach(batchOf(['b']))]
    await until(() => client.produced.length === 1)
    await sink.stop()
    sends.push(sink.sendEach(batchOf(['c'])))
    for (const { codes } of await Promise.all(sends)) {
      expect([...codes]).toEqual([faultCodes.ERR__DESTROY])
    }
    client.deliver('a', 1)
    expect(client.values).toEqual(['a'])
  })

  it('sends an empty batch at once', async () => {
    expect(await made().sink.send(new ProduceBatch())).toEqual({ ends: [], failure: undefined })
  })
})

import { EventEmitter } from 'node:events'
import { ProduceBatch } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import type rdkafka from 'node-rdkafka'
import type { Connection } from '../../src/client/connection.ts'
import { faultCodes } from '../../src/client-fault.ts'
import { RdkafkaProducer } from '../../src/produce/producer.ts'
import type { RecordSink, SinkReport, SinkResult } from '../../src/record-sink.ts'
import { clientContext } from '../client-context.ts'
import { until } from '../until.ts'

/** A client that knows the topics `a` and `b`, and answers when it is told to. */
class FakeClient extends EventEmitter {
  readonly asked: string[] = []
  held: (() => void)[] | undefined

  poll(): void {}

  getMetadata(
    { topic }: { topic: string },
    done: (error: unknown, metadata: object) => void,
  ): void {
    this.asked.push(topic)
    const known = topic === 'a' || topic === 'b'
    const partitions = known
      ? [
          { leader: 1, replicas: [1] },
          { leader: 1, replicas: [1] },
        ]
      : []
    const answer = (): void => {
      done(null, { brokers: [{}], topics: [{ name: topic, partitions }] })
    }
    if (this.held === undefined) setImmediate(answer)
    else this.held.push(answer)
  }

  release(): void {
    for (const answer of this.held?.splice(0) ?? []) answer()
    this.held = undefined
  }
}

/** A sink that writes everything down and takes it for written. */
class FakeSink implements RecordSink {
  readonly values: string[] = []
  code = 0
  stopped = false

  async send(batch: ProduceBatch): Promise<SinkResult> {
    this.#write(batch)
    const failure = this.code === 0 ? undefined : { index: 0, code: this.code }
    return { ends: [], failure }
  }

  async sendEach(batch: ProduceBatch): Promise<SinkReport> {
    this.#write(batch)
    const offsets = Float64Array.from({ length: batch.length }, (_, index) => index)
    return { offsets, codes: new Int32Array(batch.length).fill(this.code) }
  }

  async stop(): Promise<void> {
    this.stopped = true
  }

  #write(batch: ProduceBatch): void {
    for (let index = 0; index < batch.length; index++) {
      this.values.push(`${batch.topic(index)}:${String(batch.value(index))}`)
    }
  }
}

function made() {
  const client = new FakeClient()
  const sink = new FakeSink()
  const connection = { client, name: 'producer-1', close: async () => undefined }
  const producer = new RdkafkaProducer(
    clientContext('producer'),
    connection as unknown as Connection<rdkafka.Producer>,
    sink,
    1_000,
  )
  return { client, sink, producer }
}

/** `a:1` is the value 1 for the topic a. */
function batchOf(...records: string[]): ProduceBatch {
  const batch = new ProduceBatch()
  for (const record of records) {
    const [topic, value] = record.split(':') as [string, string]
    const headers = [{ name: 'h', value: Buffer.from('x') }]
    batch.add(batch.topicIndex(topic), 0, 'k\xff', Buffer.from(value), 5, headers)
  }
  return batch
}

describe('a producer', () => {
  it('asks for a topic once, and tells its partitions', async () => {
    const { client, producer } = made()
    expect(await producer.partitions('a')).toBe(2)
    await producer.send(batchOf('a:1', 'b:2'))
    await producer.send(batchOf('a:3'))
    expect(client.asked).toEqual(['a', 'b'])
    await producer.close()
  })

  it('sends nothing of a batch with a topic that does not exist', async () => {
    const { sink, producer } = made()
    await expect(producer.send(batchOf('a:1', 'x:2'))).rejects.toMatchObject({
      code: 'GOKA_TOPIC_UNKNOWN',
      details: { topic: 'x' },
    })
    expect(sink.values).toEqual([])
    await producer.close()
  })

  it('sends of each caller what can be sent', async () => {
    const { sink, producer } = made()
    const { offsets, failures } = await producer.sendEach(batchOf('x:1', 'a:2', 'x:3', 'b:4'))
    expect(sink.values).toEqual(['a:2', 'b:4'])
    expect([...offsets]).toEqual([NaN, 0, NaN, 1])
    expect([...failures.keys()]).toEqual([0, 2])
    expect(failures.get(2)).toMatchObject({ code: 'GOKA_TOPIC_UNKNOWN' })
    await producer.close()
  })

  it('keeps the order of the sends while topics are looked up', async () => {
    const { client, sink, producer } = made()
    await producer.send(batchOf('a:0'))
    client.held = []
    const sends = [
      producer.send(batchOf('b:1', 'a:1')),
      producer.send(batchOf('a:2')),
      producer.sendEach(batchOf('a:3')),
    ]
    await until(() => client.asked.length === 2)
    expect(sink.values).toEqual(['a:0'])
    client.release()
    await Promise.all(sends)
    expect(sink.values).toEqual(['a:0', 'b:1', 'a:1', 'a:2', 'a:3'])
    await producer.close()
  })

  it('asks again for a topic that a broker has forgotten', async () => {
    const { client, sink, producer } = made()
    await producer.send(batchOf('a:1'))
    sink.code = faultCodes.ERR_UNKNOWN_TOPIC_OR_PART
    await expect(producer.send(batchOf('a:2'))).rejects.toMatchObject({
      code: 'GOKA_TOPIC_UNKNOWN',
    })
    sink.code = 0
    await producer.send(batchOf('a:3'))
    expect(client.asked).toEqual(['a', 'a'])
    await producer.close()
  })

  it('tells the size of a record that is too large', async () => {
    const { sink, producer } = made()
    sink.code = faultCodes.ERR_MSG_SIZE_TOO_LARGE
    await expect(producer.send(batchOf('a:123'))).rejects.toMatchObject({
      code: 'GOKA_TRANSPORT_RECORD_TOO_LARGE',
      details: { topic: 'a', partition: 0, bytes: 5 },
    })
    await producer.close()
  })

  it('closes once what was sent is settled, and takes nothing more', async () => {
    const { client, sink, producer } = made()
    client.held = []
    const sent = producer.send(batchOf('a:1'))
    await until(() => client.asked.length === 1)
    const closed = producer.close()
    await expect(producer.send(batchOf('a:2'))).rejects.toMatchObject({
      code: 'GOKA_TRANSPORT_CLOSED',
    })
    expect(sink.stopped).toBe(false)
    client.release()
    await sent
    await closed
    expect(sink.stopped).toBe(true)
    expect(sink.values).toEqual(['a:1'])
  })
})

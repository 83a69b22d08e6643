import { int64, string } from '@goka/codecs'
import { murmur2, stream } from '@goka/core'
import { GokaError, type Transport } from '@goka/interface'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from './cluster.ts'
import { ManualClock } from './manual-clock.ts'
import { inTime, Notes, rejection, settle } from './waiting.ts'

const words = stream('words', string)
const clientId = 'goka-emitter-words'

describe('an emitter', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('words', 3)
  })
  afterEach(() => cluster.close())

  it('writes key and value to the partition of the key, and tells where', async () => {
    await using emitter = cluster.goka().emitter(words)
    expect(emitter.topic).toBe('words')
    // FNV-1a, modulo 3.
    expect(await emitter.emit('key', 'a')).toEqual({ partition: 1, offset: 0 })
    expect(await emitter.emit('key', 'b')).toEqual({ partition: 1, offset: 1 })
    expect(await emitter.emit('ключ', 'c')).toEqual({ partition: 2, offset: 0 })
    expect(await emitter.emit('', '')).toEqual({ partition: 0, offset: 0 })
    expect(await cluster.lines('words')).toEqual(['=', 'key=a', 'key=b', 'ключ=c'])
  })

  it('writes tombstones, headers, and times', async () => {
    const emitter = cluster.goka().emitter(words, {
      headers: [{ name: 'source', value: Buffer.from('test') }],
    })
    await emitter.emit('a', null, { timestampMs: 1_234 })
    await emitter.emit('a', 'v', {
      headers: [
        { name: 'source', value: null },
        { name: 'n', value: Buffer.from('1') },
      ],
    })
    const [first, second] = await cluster.records('words')
    expect(first).toMatchObject({ value: null, timestampMs: 1_234, headers: [['source', 'test']] })
    expect(second?.headers).toEqual([
      ['source', 'test'],
      ['source', null],
      ['n', '1'],
    ])
    await emitter.close()
  })

  it('asks the partitioner that was chosen', async () => {
    await using emitter = cluster.goka({ partitioner: murmur2 }).emitter(words)
    const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`)
    const emitted = await Promise.all(keys.map((key) => emitter.emit(key, 'v')))
    expect(emitted.map(({ partition }) => partition)).toEqual(
      keys.map((key) => murmur2.partition(key, 3)),
    )
  })

  it('keeps the order of the calls, before it is connected and while it is', async () => {
    const fault = cluster.broker.faults.hold({ operation: 'metadata', clientId }, 'answer')
    await using emitter = cluster.goka().emitter(words)
    const emitted = [emitter.emit('k', '0'), emitter.emit('k', '1')]
    await inTime(fault.met(), 'the first question')
    emitted.push(emitter.emit('k', '2'))
    fault.end()
    // One call in each turn while the connection is made and the first batch is sent.
    for (let index = 3; index < 30; index++) {
      await Promise.resolve()
      if (index % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
      emitted.push(emitter.emit('k', `${index}`))
    }
    const offsets = (await Promise.all(emitted)).map(({ offset }) => offset)
    expect(offsets).toEqual(Array.from({ length: 30 }, (_, index) => index))
    expect(await cluster.lines('words')).toEqual(offsets.map((offset) => `k=${offset}`))
  })

  it('sends what is emitted in one turn of the event loop together', async () => {
    await using emitter = cluster.goka().emitter(words)
    await emitter.emit('a', '0')
    const slow = cluster.broker.faults.hold({ operation: 'produce', clientId, times: 9 }, 'request')
    const emitted = Array.from({ length: 100 }, () => emitter.emit('a', 'v'))
    await inTime(slow.met(), 'the write')
    await settle()
    expect(slow.hits).toBe(1)
    slow.end()
    await Promise.all(emitted)
  })

  it('makes callers wait while too much is on its way', async () => {
    await using emitter = cluster.goka().emitter(words, { maxPendingBytes: 20 })
    await emitter.emit('a', '0')
    const slow = cluster.broker.faults.hold(
      { operation: 'produce', clientId, times: 99 },
      'request',
    )
    const done = new Notes<number>()
    const emitted = Array.from({ length: 30 }, (_, index) =>
      emitter.emit('a', `value-${index}`).then(({ offset }) => done.add(offset)),
    )
    await inTime(slow.met(), 'the write')
    await settle()
    expect(done.items).toEqual([])
    expect(slow.hits).toBe(1)
    slow.end()
    await Promise.all(emitted)
    expect(done.items).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
  })

  it('flushes also what waits for room, and what waits behind that', async () => {
    await using emitter = cluster.goka().emitter(words, { maxPendingBytes: 1 })
    await emitter.emit('a', '0')
    const done = new Notes<number>()
    for (const value of ['sent', 'waits', 'waits behind', 'and so does this']) {
      void emitter.emit('a', value).then(({ offset }) => done.add(offset))
    }
    await emitter.flush()
    expect(done.items).toEqual([1, 2, 3, 4])
  })

  it('refuses what cannot be written, and goes on', async () => {
    await cluster.createTopic('numbers', 1)
    await using emitter = cluster.goka().emitter(stream('numbers', int64))
    const refused = [
      emitter.emit('a', 'x' as never),
      emitter.emit('a', undefined as never),
      emitter.emit(7 as never, 1n),
    ]
    const codes = await Promise.all(refused.map(async (one) => codeOf(await rejection(one))))
    expect(codes).toEqual(['GOKA_CODEC_ENCODE', 'GOKA_OPTION_INVALID', 'GOKA_OPTION_INVALID'])
    expect(await emitter.emit('a', 1n)).toEqual({ partition: 0, offset: 0 })
  })

  it('tells each caller the fate of its own record', async () => {
    await cluster.createTopic('small', 1, { 'max.message.bytes': '1000' })
    await using emitter = cluster.goka().emitter(stream('small', string))
    const emitted = [
      emitter.emit('a', 'fits'),
      emitter.emit('a', 'x'.repeat(2_000)),
      emitter.emit('a', 'fits, too'),
    ]
    const results = await Promise.allSettled(emitted)
    expect(results).toMatchObject([
      { value: { partition: 0, offset: 0 } },
      { status: 'rejected' },
      { value: { partition: 0, offset: 1 } },
    ])
    expect(codeOf((results[1] as PromiseRejectedResult).reason)).toBe(
      'GOKA_TRANSPORT_RECORD_TOO_LARGE',
    )
    expect(await cluster.lines('small')).toEqual(['a=fits', 'a=fits, too'])
  })

  it('tells that a record is written also when the broker does not say where', async () => {
    const { transport } = cluster
    const mute = Object.assign(Object.create(transport) as Transport, {
      producer: async (...options: Parameters<Transport['producer']>) => {
        const producer = await transport.producer(...options)
        producer.sendEach = async (batch) => {
          await producer.send(batch)
          return { offsets: new Float64Array(batch.length).fill(Number.NaN), failures: new Map() }
        }
        return producer
      },
    })
    const emitter = cluster.goka({ transport: mute }).emitter(words)
    expect(await emitter.emit('a', 'v')).toMatchObject({ offset: -1 })
    await emitter.close()
    expect(await cluster.lines('words')).toEqual(['a=v'])
  })

  it('says that nobody knows when the answer is lost', async () => {
    await using emitter = cluster.goka().emitter(words)
    await emitter.emit('a', '0')
    cluster.broker.faults.lose({ operation: 'produce', clientId }, 'answer', { retry: false })
    expect(codeOf(await rejection(emitter.emit('a', '1')))).toBe('GOKA_TRANSPORT_INDEFINITE')
  })

  it('does not tell of a fault when the record was written, whatever it asks besides', async () => {
    const clock = new ManualClock()
    await using emitter = cluster.goka({ clock }).emitter(words)
    await emitter.emit('a', '0')
    // What a client knows of topics it asks again after some minutes.
    clock.advance(3_600_000)
    const fault = cluster.broker.faults.fail(
      { operation: 'metadata', clientId, times: 99 },
      new GokaError('GOKA_TRANSPORT_FAILED', 'injected', {
        operation: 'metadata',
        retriable: true,
        reason: 'INJECTED',
      }),
    )
    expect(await emitter.emit('a', '1')).toMatchObject({ offset: 1 })
    expect(fault.hits).toBe(1)
  })

  it('to a topic that does not exist refuses each record, and finds the topic later', async () => {
    await using emitter = cluster.goka().emitter(stream('missing', string))
    const refused = await Promise.all(
      ['a', 'b', 'c'].map(async (key) => codeOf(await rejection(emitter.emit(key, 'v')))),
    )
    expect(new Set(refused)).toEqual(new Set(['GOKA_TOPIC_UNKNOWN']))
    await cluster.createTopic('missing', 1)
    expect(await emitter.emit('a', 'v')).toEqual({ partition: 0, offset: 0 })
  })

  it('connects with its first record, and not before', async () => {
    cluster.broker.faults.down()
    const emitter = cluster.goka({ connectTimeoutMs: 20 }).emitter(words)
    await settle()
    expect(codeOf(await rejection(emitter.emit('a', 'v')))).toBe('GOKA_TRANSPORT_UNREACHABLE')
    cluster.broker.faults.up()
    expect(await emitter.emit('a', 'v')).toMatchObject({ offset: 0 })
    await emitter.close()
  })

  it('that is closed refuses records, and may be closed again', async () => {
    const emitter = cluster.goka().emitter(words)
    await emitter.close()
    await emitter.close()
    expect(await rejection(emitter.emit('a', 'v'))).toMatchObject({
      code: 'GOKA_EMITTER_CLOSED',
      details: { topic: 'words' },
    })
  })
})

function codeOf(error: unknown): string {
  return (error as GokaError).code
}

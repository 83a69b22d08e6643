import assert from 'node:assert/strict'
import { type Headers, ProduceBatch } from '@goka/interface'
import { hex, pattern, utf8 } from '../bytes.ts'
import { expectCode } from '../expect-code.ts'
import { batchOf, texts } from './batch-of.ts'
import type { TransportTests } from './transport-case.ts'

const EVERY_BYTE = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte))

/** The largest value that Kafka takes by default, less what surrounds it. */
const LARGE = (1 << 20) - 1024

const named = (headers: Headers): (readonly [string, string | null])[] =>
  headers.map(({ name, value }) => [name, value === null ? null : hex(value)] as const)

export const recordTests: TransportTests = {
  'keys and values of any bytes come back unchanged': async ({ topic, producer, read }) => {
    const partition = { topic: await topic(), partition: 0 }
    const odd = ['\0', '\0\0', '\xff', 'a\0b', '\x80', EVERY_BYTE, ...EVERY_BYTE.split('')]
    const records = odd.map((key, index) => ({ key, value: odd[odd.length - 1 - index] as string }))
    await (await producer()).send(batchOf(partition.topic, records))
    const found = (await read(partition)).of(partition)
    assert.deepEqual(
      found.map(({ key, value }) => ({ key, value })),
      records,
    )
  },

  'a tombstone is not an empty value': async ({ topic, producer, read }) => {
    const partition = { topic: await topic(), partition: 0 }
    const values = ['', null, 'a', null, '']
    const records = values.map((value) => ({ key: 'key', value }))
    await (await producer()).send(batchOf(partition.topic, records))
    assert.deepEqual((await read(partition)).values(partition), values)
  },

  'a record may have no key': async ({ topic, producer, read }) => {
    const partition = { topic: await topic(), partition: 0 }
    const records = [
      { key: null, value: 'a' },
      { key: 'key', value: 'b' },
      { key: null, value: null },
    ]
    await (await producer()).send(batchOf(partition.topic, records))
    const found = (await read(partition)).of(partition)
    assert.deepEqual(
      found.map(({ key, value }) => ({ key, value })),
      records,
    )
  },

  'an empty key is not the absence of a key, as the capability says': async ({
    transport,
    topic,
    producer,
    read,
  }) => {
    const partition = { topic: await topic(), partition: 0 }
    const sender = await producer()
    const keys = ['', null, '', 'key']
    const batch = batchOf(
      partition.topic,
      keys.map((key) => ({ key, value: 'a' })),
    )
    if (transport.capabilities.emptyKeys) {
      await sender.send(batch)
      const found = (await read(partition)).of(partition)
      assert.deepEqual(
        found.map(({ key }) => key),
        keys,
      )
    } else {
      await expectCode('GOKA_TRANSPORT_UNSUPPORTED', () => sender.send(batch))
      const found = (await read(partition)).of(partition)
      assert.deepEqual(
        found.map(({ key }) => key),
        [null, 'key'],
      )
    }
  },

  'headers keep their order, their repeats and their names': async ({ topic, producer, read }) => {
    const partition = { topic: await topic(), partition: 0 }
    const headers: Headers[] = [
      [],
      [{ name: 'one', value: utf8('1') }],
      [
        { name: 'b', value: utf8('1') },
        { name: 'a', value: utf8('2') },
        { name: 'b', value: utf8('3') },
        { name: 'b', value: utf8('1') },
      ],
      [{ name: 'näme \u{1f600} \uff5e', value: utf8('wért \u{1f600}') }],
      [{ name: 'empty', value: new Uint8Array(0) }],
      [{ name: '__proto__', value: utf8('p') }],
      [{ name: 'long', value: utf8('x'.repeat(5000)) }],
      Array.from({ length: 50 }, (_, index) => ({ name: `h${index}`, value: utf8(`${index}`) })),
    ]
    const records = headers.map((list) => ({ key: 'key', value: 'value', headers: list }))
    await (await producer()).send(batchOf(partition.topic, [...records, 'without']))
    const found = (await read(partition)).of(partition)
    assert.deepEqual(
      found.map((record) => record.headers),
      [...headers.map(named), []],
    )
    assert.deepEqual(found[1]?.value, 'value')
  },

  'header values may be absent or of any bytes, as the capability says': async ({
    transport,
    topic,
    producer,
    read,
  }) => {
    const partition = { topic: await topic(), partition: 0 }
    const sender = await producer()
    const binary: Headers = [
      { name: 'absent', value: null },
      { name: 'empty', value: new Uint8Array(0) },
      { name: 'binary', value: pattern(256, 3) },
      { name: 'zero', value: new Uint8Array([0]) },
      { name: 'not UTF-8', value: new Uint8Array([0xff, 0xc3, 0x28]) },
    ]
    if (transport.capabilities.binaryHeaders) {
      await sender.send(batchOf(partition.topic, [{ value: 'a', headers: binary }]))
      assert.deepEqual((await read(partition)).records[0]?.headers, named(binary))
      return
    }
    for (const name of ['absent', 'not UTF-8']) {
      const headers = binary.filter((header) => header.name === name)
      const batch = batchOf(partition.topic, [{ value: 'a', headers }])
      await expectCode('GOKA_TRANSPORT_UNSUPPORTED', () => sender.send(batch))
    }
    assert.equal((await read(partition)).records.length, 0)
  },

  'timestamps are those of the records, or of the moment of sending': async ({
    topic,
    producer,
    read,
  }) => {
    // Records of this age would be deleted at once where retention goes by time.
    const partition = { topic: await topic(1, { 'retention.ms': '-1' }), partition: 0 }
    const now = Date.now()
    const explicit = [1, 1_600_000_000_000, now - 5000, now]
    const records = explicit.map((timestampMs) => ({ value: 'a', timestampMs }))
    await (await producer()).send(batchOf(partition.topic, [...records, 'b']))
    const after = Date.now()
    const found = (await read(partition)).of(partition).map(({ timestampMs }) => timestampMs)
    const sent = found.pop() ?? 0
    assert.deepEqual(found, explicit)
    // A second of tolerance for a broker that stamps records by a clock of its own.
    assert.ok(
      sent >= now - 1000 && sent <= after + 1000,
      `${sent} is not between ${now} and ${after}`,
    )
  },

  'a value of 1 MB comes back unchanged': async ({ topic, producer, read }) => {
    const partition = { topic: await topic(), partition: 0 }
    const values = [1, 2].map((seed) => noise(LARGE, seed))
    const sender = await producer()
    await sender.send(
      batchOf(
        partition.topic,
        values.map((value) => ({ key: 'key', value })),
      ),
    )
    const found = (await read(partition)).values(partition)
    assert.equal(found.length, 2)
    for (const [index, value] of values.entries()) {
      assert.ok(
        found[index] === Buffer.from(value).toString('latin1'),
        `value ${index} has changed`,
      )
    }
  },

  'a record that is too large is refused, and the others of its batch are written': async ({
    topic,
    producer,
    read,
  }) => {
    const partition = { topic: await topic(), partition: 0 }
    const sender = await producer()
    const batch = batchOf(partition.topic, [
      'before',
      { key: 'key', value: noise(3 << 20, 1) },
      'after',
    ])
    const error = await expectCode('GOKA_TRANSPORT_RECORD_TOO_LARGE', () => sender.send(batch))
    assert.equal(error.details.topic, partition.topic)
    assert.equal(error.details.partition, 0)
    assert.ok(error.details.bytes >= 3 << 20, `${error.details.bytes} bytes`)
    await sender.send(batchOf(partition.topic, ['later']))
    assert.deepEqual((await read(partition)).values(partition), ['before', 'after', 'later'])
  },

  'many records come back as they were sent': async ({ topic, producer, read }) => {
    const name = await topic(3)
    const batch = new ProduceBatch()
    const index = batch.topicIndex(name)
    const expected: string[][] = [[], [], []]
    for (const [number, value] of texts('value', 9000).entries()) {
      const headers = number % 7 === 0 ? [{ name: 'n', value: utf8(String(number)) }] : undefined
      batch.add(index, number % 3, `key-${number}`, utf8(value), Number.NaN, headers)
      expected[number % 3]?.push(
        `key-${number}=${value}${headers ? ` n=${hex(utf8(String(number)))}` : ''}`,
      )
    }
    await (await producer()).send(batch)
    for (const [partition, values] of expected.entries()) {
      const found = (await read({ topic: name, partition })).records
      assert.deepEqual(
        found.map(({ key, value, headers }) =>
          [`${key}=${value}`, ...headers.map((header) => header.join('='))].join(' '),
        ),
        values,
      )
      assert.deepEqual(
        found.map(({ offset }) => offset),
        values.map((_, offset) => offset),
      )
    }
  },
}

/** Bytes that no compression makes smaller. */
function noise(length: number, seed: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4))
  let state = seed * 0x9e3779b9
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[index] = state
  }
  return new Uint8Array(words.buffer, 0, length)
}

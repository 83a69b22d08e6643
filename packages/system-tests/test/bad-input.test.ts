import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { int64, string } from '@goka/codecs'
import { defineGroup, Goka, type GokaOptions, stream, table } from '@goka/core'
import { type Clock, type Codec, type ErrorCode, GokaError } from '@goka/interface'
import { sharedBroker } from '@goka/kafka-broker'
import { rdkafka } from '@goka/kafka-rdkafka'
import { leveldb } from '@goka/storage-leveldb'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { countedStream, countingGroup } from '../src/counting.ts'
import { Program, programPath } from '../src/program.ts'
import type { ViewProgramOptions } from '../src/programs/view.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'goka-bad-input-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Nothing listens on port 1: it is reserved, and low ports are not handed out. */
const NOBODY = '127.0.0.1:1'

function goka(options: Partial<GokaOptions> = {}): Goka {
  return new Goka({
    transport: rdkafka({ brokers: sharedBroker().split(',') }),
    storage: leveldb({ path: join(folder, randomUUID()) }),
    ...options,
  })
}

async function createTopic(
  topic: string,
  partitions: number,
  config: Readonly<Record<string, string>> = {},
): Promise<void> {
  const admin = await goka().admin()
  await admin.createTopic({ topic, partitions, config })
  await admin.close()
}

/** Checks the code, the details and that the message names each of the words. */
async function expectRefused(
  act: () => unknown,
  code: ErrorCode,
  details: object,
  words: readonly string[],
): Promise<GokaError> {
  const error = await outcome(act)
  expect(error).toMatchObject({ name: 'GokaError', code, details })
  for (const word of words) expect((error as GokaError).message).toContain(word)
  return error as GokaError
}

async function outcome(act: () => unknown): Promise<unknown> {
  try {
    return await act()
  } catch (error) {
    return error
  }
}

describe('a processor is refused', () => {
  it('an input topic that does not exist', async () => {
    const topic = `missing-${randomUUID()}`
    const processor = goka().processor(countingGroup(randomUUID(), topic))
    await expectRefused(() => processor.run(), 'GOKA_TOPIC_UNKNOWN', { topic }, [
      `"${topic}"`,
      'create it first',
    ])
  })

  it('inputs with different numbers of partitions', async () => {
    const group = randomUUID()
    await createTopic(`${group}-two`, 2)
    await createTopic(`${group}-three`, 3)
    const counter = defineGroup(group).inputs(
      [countedStream(`${group}-two`), countedStream(`${group}-three`)],
      () => {},
    )
    await expectRefused(
      () => goka().processor(counter).run(),
      'GOKA_TOPIC_MISMATCH',
      { topic: `${group}-three`, property: 'partitions', expected: '2', found: '3' },
      [`"${group}-three" has 3 partitions`, `"${group}-two" has 2`, 'repartition'],
    )
  })

  it('a table topic that is there without compaction', async () => {
    const group = randomUUID()
    await createTopic(`${group}-input`, 2)
    await createTopic(`${group}-table`, 2, { 'cleanup.policy': 'delete' })
    await expectRefused(
      () =>
        goka()
          .processor(countingGroup(group, `${group}-input`))
          .run(),
      'GOKA_TOPIC_MISMATCH',
      { topic: `${group}-table`, property: 'cleanup.policy', expected: 'compact', found: 'delete' },
      [`"${group}-table"`, 'set cleanup.policy=compact'],
    )
  })

  it('a table topic with another number of partitions', async () => {
    const group = randomUUID()
    await createTopic(`${group}-input`, 2)
    await createTopic(`${group}-table`, 3, { 'cleanup.policy': 'compact' })
    await expectRefused(
      () =>
        goka()
          .processor(countingGroup(group, `${group}-input`))
          .run(),
      'GOKA_TOPIC_MISMATCH',
      { topic: `${group}-table`, property: 'partitions', expected: '2', found: '3' },
      [`"${group}-table" has 3 partitions`, `"${group}-input" has 2`],
    )
  })

  it('a join or a lookup with a table that does not exist', async () => {
    const group = randomUUID()
    await createTopic(`${group}-input`, 2)
    const missing = table(`${group}-missing`, string)
    const input = countedStream(`${group}-input`)
    const joining = defineGroup(group)
      .join(missing)
      .input(input, () => {})
    const lookingUp = defineGroup(group)
      .lookup(missing)
      .input(input, () => {})
    for (const processor of [goka().processor(joining), goka().processor(lookingUp)]) {
      await expectRefused(() => processor.run(), 'GOKA_TOPIC_UNKNOWN', { topic: missing.topic }, [
        `"${missing.topic}"`,
        'create it first',
      ])
    }
  })

  it('a second run', async () => {
    const group = randomUUID()
    const processor = goka().processor(countingGroup(group, `${group}-input`))
    await outcome(() => processor.run())
    await expectRefused(() => processor.run(), 'GOKA_RUN_TWICE', { name: group }, [
      `"${group}"`,
      'make another one',
    ])
  })
})

describe('an option is refused that is', () => {
  const counter = countingGroup('some-group', 'some-input')
  const text = string as Codec<unknown>
  // What JavaScript users can write.
  const anything = (value: unknown): never => value as never

  it.each<[string, () => unknown, string]>([
    ['unknown to Goka', () => goka(anything({ brokers: [] })), 'options.brokers'],
    ['no transport', () => goka({ transport: anything({}) }), 'transport'],
    ['no storage', () => goka({ storage: anything('/tmp') }), 'storage'],
    ['no duration', () => goka({ connectTimeoutMs: anything('10s') }), 'connectTimeoutMs'],
    ['out of range', () => goka({ connectTimeoutMs: 0 }), 'connectTimeoutMs'],
    [
      'unknown to a processor',
      () => goka().processor(counter, anything({ commitInterval: 1 })),
      'options.commitInterval',
    ],
    [
      'no such word',
      () => goka().processor(counter, { guarantee: anything('twice') }),
      'guarantee',
    ],
    ['no whole number', () => goka().processor(counter, { concurrency: 1.5 }), 'concurrency'],
    ['no error policy', () => goka().processor(counter, { onError: anything('panic') }), 'onError'],
    [
      'nested and unknown',
      () => goka().processor(counter, { restart: anything({ after: 1 }) }),
      'restart.after',
    ],
    [
      'nested and out of range',
      () => goka().processor(counter, { topics: { replicationFactor: 0 } }),
      'topics.replicationFactor',
    ],
    [
      'unknown to an emitter',
      () => goka().emitter(countedStream('t'), anything({ acks: 1 })),
      'options.acks',
    ],
    ['negative', () => goka().emitter(countedStream('t'), { lingerMs: -1 }), 'lingerMs'],
    [
      'unknown to a view',
      () => goka().view(counter.table, anything({ cache: 1 })),
      'options.cache',
    ],
    ['no table', () => goka().view(anything(countedStream('t'))), 'table'],
    ['no topic name', () => stream('no topic', string), 'topic'],
    ['no codec', () => stream('some-topic', anything(JSON)), 'codec'],
    ['no callback', () => defineGroup('g').input(stream('t', text), anything(1)), 'callback'],
    ['unknown to LevelDB', () => leveldb(anything({ path: 'p', folder: 'f' })), 'leveldb.folder'],
    ['no path', () => leveldb(anything({})), 'leveldb.path'],
    ['no list of brokers', () => rdkafka({ brokers: anything('localhost:9092') }), 'brokers'],
    ['a broker without port', () => rdkafka({ brokers: ['localhost'] }), 'brokers'],
    [
      'decided by Goka',
      () => rdkafka({ brokers: [NOBODY], librdkafka: { 'enable.auto.commit': true } }),
      'librdkafka["enable.auto.commit"]',
    ],
  ])('%s', async (_, act, option) => {
    await expectRefused(act, 'GOKA_OPTION_INVALID', { option }, [option, 'must be', 'received'])
  })

  it('unknown to librdkafka, when it is made', async () => {
    const transport = rdkafka({ brokers: [NOBODY], librdkafka: { 'no.such.setting': 1 } })
    await expectRefused(
      () => goka({ transport }).emitter(countedStream('t')).emit('a', 'b'),
      'GOKA_OPTION_INVALID',
      { option: 'librdkafka' },
      ['no.such.setting'],
    )
  })
})

describe('a broker that nobody reaches is reported', () => {
  const unreachable = (): Goka =>
    goka({ transport: rdkafka({ brokers: [NOBODY] }), connectTimeoutMs: 300 })
  const counter = countingGroup('some-group', 'some-input')
  const details = { brokers: NOBODY, timeoutMs: 300 }
  const words = [NOBODY, '300 ms', 'check the addresses']

  it('by an emitter', async () => {
    await expectRefused(
      () => unreachable().emitter(countedStream('some-topic')).emit('key', 'value'),
      'GOKA_TRANSPORT_UNREACHABLE',
      details,
      words,
    )
  })

  it('by a processor that gives up', async () => {
    const processor = unreachable().processor(counter, { restart: { giveUpAfterMs: 500 } })
    await expectRefused(() => processor.run(), 'GOKA_TRANSPORT_UNREACHABLE', details, words)
    expect(processor.report().restarts).toBeGreaterThan(0)
    expect(processor.state.current).toBe('stopped')
  })

  it('by a view that gives up', async () => {
    const view = unreachable().view(counter.table, { restart: { giveUpAfterMs: 500 } })
    await expectRefused(() => view.run(), 'GOKA_TRANSPORT_UNREACHABLE', details, words)
    expect(view.state.current).toBe('stopped')
  })
})

describe('a codec that throws', () => {
  const offset = 0
  const partition = 0

  it('on decode ends the processor and names the record', async () => {
    const group = randomUUID()
    const topic = `${group}-input`
    await createTopic(topic, 1)
    await emit(topic, 'some-key', 'no number')
    const counter = defineGroup(group).input(stream(topic, int64), () => {})
    const error = await expectRefused(
      () => goka().processor(counter).run(),
      'GOKA_PROCESSOR_DECODE',
      { topic, partition, offset, key: 'some-key' },
      [`${topic}/0 offset 0`, 'int64', 'onError'],
    )
    expect(error.cause).toMatchObject({ code: 'GOKA_CODEC_DECODE', details: { codec: 'int64' } })
  })

  it('on encode ends the processor and names the record', async () => {
    const group = randomUUID()
    const topic = `${group}-input`
    await createTopic(topic, 1)
    await emit(topic, 'some-key', 'some-value')
    const counter = defineGroup(group)
      .persist(int64)
      .input(countedStream(topic), (ctx) => ctx.setValue('no number' as never))
    const error = await expectRefused(
      () => goka().processor(counter).run(),
      'GOKA_PROCESSOR_CALLBACK',
      { topic, partition, offset, key: 'some-key' },
      [`${topic}/0 offset 0`, 'int64', 'onError'],
    )
    expect(error.cause).toMatchObject({ code: 'GOKA_CODEC_ENCODE', details: { codec: 'int64' } })
  })

  it('on encode refuses what is emitted', async () => {
    const topic = randomUUID()
    await createTopic(topic, 1)
    const emitter = goka().emitter(stream(topic, int64))
    await expectRefused(
      () => emitter.emit('some-key', 'no number' as never),
      'GOKA_CODEC_ENCODE',
      { codec: 'int64' },
      ['int64'],
    )
    await expect(emitter.emit('some-key', 1n)).resolves.toEqual({ partition: 0, offset: 0 })
    await emitter.close()
  })
})

describe('a store is refused', () => {
  it('that another process has open, after a while', async () => {
    const group = randomUUID()
    const { table } = countingGroup(group, 'not-read')
    await createTopic(table.topic, 1, { 'cleanup.policy': 'compact' })
    const path = join(folder, group)
    const options: ViewProgramOptions = { brokers: sharedBroker(), path, group }
    await using owner = new Program(programPath('view'), [JSON.stringify(options)])
    await owner.read((line) => (line.includes('"running"') ? true : undefined))
    const view = goka({
      storage: leveldb({ path }),
      clock: fastClock,
      connectTimeoutMs: 600_000,
    }).view(table)
    await expectRefused(
      () => view.run(),
      'GOKA_STORAGE_LOCKED',
      {
        storage: 'leveldb',
        topic: table.topic,
        partition: 0,
        path: join(path, 'view', `${table.topic}.0`),
      },
      [`${table.topic}/0`, path, 'give each instance a path of its own'],
    )
  })

  it('whose folder cannot be made', async () => {
    const group = randomUUID()
    await createTopic(`${group}-input`, 1)
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    const storage = leveldb({ path: join(file, 'state') })
    const processor = goka({ storage }).processor(countingGroup(group, `${group}-input`))
    await expectRefused(
      () => processor.run(),
      'GOKA_STORAGE_UNAVAILABLE',
      { storage: 'leveldb', topic: `${group}-table`, partition: 0 },
      [`${group}-table/0`, join(file, 'state'), 'check the permissions'],
    )
  })
})

/** The half minute in which an owner may close a store is over in a second. */
const fastClock: Clock = {
  now: () => Date.now() * SPEED,
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs / SPEED),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
}
const SPEED = 30

async function emit(topic: string, key: string, value: string): Promise<void> {
  const emitter = goka().emitter(countedStream(topic))
  await emitter.emit(key, value)
  await emitter.close()
}

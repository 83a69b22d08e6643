import type { RecordBatch, TopicPartition } from '@goka/interface'
import { sharedBroker } from '@goka/kafka-broker'
import { jest } from '@jest/globals'
import rdkafka from 'node-rdkafka'
import { loadNative, type NativeAddon } from '../../src/native/addon.ts'
import { nativeAdmin } from '../../src/native/native-admin.ts'
import type { RecordSource } from '../../src/record-source.ts'

// A broker and its clients have their own pace on a busy machine.
jest.setTimeout(60_000)

type Settings = Readonly<Record<string, string | number | boolean>>

/** The addon; `GOKA_NATIVE_ADDON` names another build of it. Without it these tests fail. */
export const native: NativeAddon = requireNative()

function requireNative(): NativeAddon {
  let reason = ''
  const addon = loadNative((why) => {
    reason = why
  }, process.env['GOKA_NATIVE_ADDON'])
  if (addon === undefined) throw new Error(`the addon is absent: ${reason}`)
  return addon
}

/** A client of node-rdkafka with the addon in it. */
export interface Connected<C> {
  readonly client: C
  readonly name: string
  /** Whatever uses the client natively must have been stopped. */
  disconnect(): Promise<void>
}

export async function connectConsumer(
  settings: Settings = {},
  topicSettings: Settings = { 'auto.offset.reset': 'error' },
): Promise<Connected<rdkafka.KafkaConsumer>> {
  const client = new rdkafka.KafkaConsumer(
    {
      ...common,
      'bootstrap.servers': sharedBroker(),
      'group.id': uniqueName('group'),
      'enable.auto.commit': false,
      'enable.auto.offset.store': false,
      'enable.partition.eof': true,
      'fetch.wait.max.ms': 20,
      'fetch.error.backoff.ms': 20,
      'fetch.queue.backoff.ms': 5,
      ...settings,
    },
    topicSettings,
  )
  return await connect(client)
}

export async function connectProducer(
  settings: Settings = {},
): Promise<Connected<rdkafka.Producer>> {
  const client = new rdkafka.Producer({
    ...common,
    'bootstrap.servers': sharedBroker(),
    'enable.idempotence': true,
    'delivery.report.only.error': true,
    'linger.ms': 1,
    ...settings,
  })
  const connected = await connect(client)
  client.setPollInterval(10)
  return connected
}

const common = {
  'plugin.library.paths': native.pluginPath,
  'allow.auto.create.topics': false,
  'topic.metadata.propagation.max.ms': 1000,
  log_level: 3,
}

async function connect<C extends rdkafka.Client<rdkafka.KafkaClientEvents>>(
  client: C,
): Promise<Connected<C>> {
  const name = await new Promise<string>((resolve, reject) => {
    client.connect({ allTopics: false, timeout: 10_000 }, (error: unknown) => {
      if (error) reject(error)
    })
    client.once('ready', (info: { name: string }) => resolve(info.name))
  })
  return {
    client,
    name,
    disconnect: () =>
      new Promise((resolve) => {
        client.disconnect(() => resolve())
      }),
  }
}

let names = 0

/** A name that no other test uses. */
export function uniqueName(kind: string): string {
  return `native-${kind}-${process.pid}-${Date.now()}-${names++}`
}

/** Creates a topic; resolves when a leader answers for each of its partitions. */
export async function createTopic(
  partitions: number,
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = uniqueName('topic')
  const topics = rdkafka.AdminClient.create({ 'bootstrap.servers': sharedBroker() })
  const producer = await connectProducer()
  const admin = nativeAdmin(native, producer.name)
  try {
    await new Promise<void>((resolve, reject) => {
      const wanted = { topic, num_partitions: partitions, replication_factor: 1, config }
      topics.createTopic(wanted, (error) => (error ? reject(error) : resolve()))
    })
    const all = partitionsOf(topic, partitions)
    await until(async () => {
      const ends = await admin.offsets(all, 'latest', 'read_committed', 5_000).catch(() => [])
      return ends.length === partitions
    })
  } finally {
    await admin.stop()
    await producer.disconnect()
    topics.disconnect()
  }
  return topic
}

export function partitionsOf(topic: string, count: number): TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }))
}

/** Starts reading partitions from their beginning. */
export function assignFromStart(
  { client }: Connected<rdkafka.KafkaConsumer>,
  topic: string,
  partitions: number,
): void {
  client.assign(partitionsOf(topic, partitions).map((at) => ({ ...at, offset: 0 })))
}

/** Polls until `isDone`; gives every batch to `take`. */
export async function pollUntil(
  source: RecordSource,
  isDone: () => boolean,
  take: (batch: RecordBatch) => void,
): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!isDone()) {
    if (Date.now() > deadline) throw new Error(`not done after ${limitMs} ms`)
    for (const batch of await source.poll(100)) take(batch)
  }
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`the condition does not hold after ${limitMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

const limitMs = 50_000

/** A sequence of numbers in [0, 1) that a seed determines (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

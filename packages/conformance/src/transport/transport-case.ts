import { randomUUID } from 'node:crypto'
import {
  type Admin,
  type Awaitable,
  type ClientContext,
  type GroupConsumer,
  type GroupConsumerOptions,
  type NewTopic,
  type PartitionReader,
  type PartitionReaderOptions,
  type Producer,
  type ProducerOptions,
  silentLogger,
  systemClock,
  type TopicPartition,
  type TransactionalProducer,
  type Transport,
} from '@goka/interface'
import type { Tests } from '../suite.ts'
import { eventually, limited } from './deadline.ts'
import { Inbox, pollTo } from './inbox.ts'
import { Member, type MemberOptions } from './member.ts'

/** Makes a transport. All of them lead to the same cluster, as from several processes. */
export type CreateTransport = () => Awaitable<Transport>

/** A test of a transport. */
export type TransportTests = Tests<TransportCase>

/** What one test uses of the cluster. Clients are closed and topics deleted when the test ends. */
export interface TransportCase {
  readonly transport: Transport
  /** A name that nobody else uses: for a topic, a group, a transactional id. */
  readonly name: (label: string) => string
  /** Makes a topic. Default: one partition. */
  readonly topic: (partitions?: number, config?: NewTopic['config']) => Promise<string>
  /** The admin of the test. */
  readonly admin: () => Promise<Admin>
  readonly producer: (options?: ProducerOptions, from?: Transport) => Promise<Producer>
  readonly transactionalProducer: (transactionalId: string) => Promise<TransactionalProducer>
  readonly reader: (
    isolation?: PartitionReaderOptions['isolation'],
    from?: Transport,
  ) => Promise<PartitionReader>
  readonly consumer: (options: GroupConsumerOptions, from?: Transport) => Promise<GroupConsumer>
  /** A member of a group that polls by itself. */
  readonly member: (options: MemberOptions, from?: Transport) => Promise<Member>
  /** Another transport to the same cluster. */
  readonly another: () => Promise<Transport>
  /** What a partition holds, from its start to its high watermark. */
  readonly read: (
    partition: TopicPartition,
    isolation?: PartitionReaderOptions['isolation'],
  ) => Promise<Inbox>
}

interface Closable {
  close(): Promise<void>
}

/** The context of a client; nothing in the suite depends on what it says. */
export function contextOf(clientId: string, connectTimeoutMs = 30_000): ClientContext {
  return { clientId, log: silentLogger, clock: systemClock, connectTimeoutMs }
}

export async function runTransportCase(
  createTransport: CreateTransport,
  body: (testCase: TransportCase) => Promise<void> | void,
  deadlineMs: number,
): Promise<void> {
  const clients: Closable[] = []
  const topics: string[] = []
  const testCase = makeCase(await createTransport(), createTransport, clients, topics)
  try {
    await limited(deadlineMs, async () => body(testCase))
  } catch (error) {
    await limited(deadlineMs, () => tidy(testCase, clients, topics)).catch(() => {})
    throw error
  }
  await limited(deadlineMs, () => tidy(testCase, clients, topics))
}

async function tidy(
  testCase: TransportCase,
  clients: readonly Closable[],
  topics: readonly string[],
): Promise<void> {
  const admin = await testCase.admin()
  await Promise.all(clients.filter((client) => client !== admin).map((client) => client.close()))
  // A test may have deleted its topic itself.
  await Promise.allSettled(topics.map((topic) => admin.deleteTopic(topic)))
  await admin.close()
}

function makeCase(
  transport: Transport,
  createTransport: CreateTransport,
  clients: Closable[],
  topics: string[],
): TransportCase {
  const id = randomUUID().slice(0, 8)
  let names = 0
  const name = (label: string): string => `goka-conformance-${id}-${label}-${++names}`
  const context = contextOf(`goka-conformance-${id}`)
  const keep = <Client extends Closable>(client: Client): Client => {
    clients.push(client)
    return client
  }
  let admin: Promise<Admin> | undefined
  const testCase: TransportCase = {
    transport,
    name,
    another: async () => createTransport(),
    admin: () => {
      admin ??= transport.admin(context).then(keep)
      return admin
    },
    topic: async (partitions = 1, config = {}) => {
      const topic = name('topic')
      topics.push(topic)
      await (await testCase.admin()).createTopic({ topic, partitions, config })
      return topic
    },
    producer: async (options = {}, from = transport) => keep(await from.producer(options, context)),
    transactionalProducer: async (transactionalId) =>
      keep(await transport.transactionalProducer({ transactionalId }, context)),
    reader: async (isolation = 'read_committed', from = transport) =>
      keep(await from.partitionReader({ isolation }, context)),
    consumer: async (options, from = transport) => keep(await from.groupConsumer(options, context)),
    member: async (options, from = transport) =>
      keep(await Member.start((consumer) => from.groupConsumer(consumer, context), options)),
    read: async (partition, isolation = 'read_committed') => {
      const [end] = await (await testCase.admin()).offsets([partition], 'latest')
      const [begin] = await (await testCase.admin()).offsets([partition], 'earliest')
      const reader = await testCase.reader(isolation)
      const inbox = new Inbox()
      const offset = begin?.offset ?? 0
      inbox.start(partition, offset)
      await reader.add([{ ...partition, offset }])
      await pollTo(reader, inbox, partition, end?.offset ?? 0)
      await reader.close()
      return inbox
    },
  }
  return testCase
}

/** Waits until the cluster shows the topic, for a test that makes one by itself. */
export async function shows(admin: Admin, topic: string, partitions: number): Promise<void> {
  await eventually(async () => {
    const found = (await admin.topics([topic])).get(topic)
    if (found?.partitions !== partitions)
      throw new Error(`${topic} has not ${partitions} partitions`)
  })
}

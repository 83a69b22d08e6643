import type {
  Admin,
  ClientContext,
  Logger,
  PartitionReader,
  Producer,
  TopicPartitionOffset,
  TransactionalProducer,
  Transport,
} from '@goka/interface'
import {
  type EmbeddedBroker,
  type EmbeddedBrokerOptions,
  embedded,
  embeddedBroker,
} from '../src/index.ts'
import { ManualClock } from './manual-clock.ts'
import { Member, type MemberOptions } from './member.ts'
import { linesOf } from './records.ts'

const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silent,
}

/** A broker, a clock that stands still, and clients. */
export class Cluster implements AsyncDisposable {
  readonly clock = new ManualClock()
  readonly broker: EmbeddedBroker
  readonly transport: Transport

  constructor(options: EmbeddedBrokerOptions = {}) {
    this.broker = embeddedBroker({ clock: this.clock, ...options })
    this.transport = embedded({ broker: this.broker })
  }

  /** A broker with one topic. */
  static async with(
    topic: string,
    partitions: number,
    options?: EmbeddedBrokerOptions,
    config: Readonly<Record<string, string>> = {},
  ): Promise<Cluster> {
    const cluster = new Cluster(options)
    await (await cluster.admin()).createTopic({ topic, partitions, config })
    return cluster
  }

  context(clientId: string, more: Partial<ClientContext> = {}): ClientContext {
    return { clientId, log: silent, clock: this.clock, connectTimeoutMs: 5000, ...more }
  }

  admin(): Promise<Admin> {
    return this.transport.admin(this.context('admin'))
  }

  producer(clientId = 'producer', more: Partial<ClientContext> = {}): Promise<Producer> {
    return this.transport.producer({}, this.context(clientId, more))
  }

  transactional(transactionalId: string, clientId = 'tx'): Promise<TransactionalProducer> {
    return this.transport.transactionalProducer({ transactionalId }, this.context(clientId))
  }

  async reader(
    positions: readonly TopicPartitionOffset[],
    isolation: 'read_committed' | 'read_uncommitted' = 'read_committed',
  ): Promise<PartitionReader> {
    const reader = await this.transport.partitionReader({ isolation }, this.context('reader'))
    await reader.add(positions)
    return reader
  }

  /** A member of a group that polls by itself, once it has something to do with it. */
  member(clientId: string, options: MemberOptions): Promise<Member> {
    return Member.start(this.transport, this.context(clientId), options)
  }

  /** What a partition holds now. */
  async read(
    topic: string,
    partition = 0,
    isolation: 'read_committed' | 'read_uncommitted' = 'read_committed',
  ): Promise<readonly string[]> {
    const admin = await this.admin()
    const [earliest] = await admin.offsets([{ topic, partition }], 'earliest')
    const reader = await this.reader(
      [{ topic, partition, offset: earliest?.offset ?? 0 }],
      isolation,
    )
    const lines: string[] = []
    for (let isAtEnd = false; !isAtEnd; ) {
      const batches = await reader.poll(1000)
      lines.push(...linesOf(batches))
      isAtEnd = batches.some(({ atEnd }) => atEnd)
    }
    await reader.close()
    await admin.close()
    return lines
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker.close()
  }
}

import type { ProcessorOptions } from '@goka/core'
import {
  type GroupConsumer,
  type PartitionReader,
  ProduceBatch,
  type Producer,
  type Storage,
  type TopicPartitionOffset,
  type Transport,
} from '@goka/interface'
import { altered } from './altered.ts'
import type { Disk, WriteFault } from './disk.ts'
import type { Plan } from './plan.ts'

/** Something that is wrong on purpose in what the core is given. */
export interface Mutant {
  /** The invariant that it breaks. */
  readonly breaks: RegExp
  readonly plan?: Partial<Plan>
  /** What the processors are told instead of what the plan says. */
  readonly options?: Partial<ProcessorOptions>
  readonly writeFault?: WriteFault
  readonly transport?: (transport: Transport, disk: Disk) => Transport
  readonly storage?: (storage: Storage) => Storage
  /** The transport of the view that follows the table. */
  readonly viewTransport?: (transport: Transport) => Transport
}

export function withConsumer(
  transport: Transport,
  change: (consumer: GroupConsumer) => Partial<GroupConsumer>,
): Transport {
  return altered(transport, {
    async groupConsumer(options, context) {
      const consumer = await transport.groupConsumer(options, context)
      return altered(consumer, change(consumer))
    },
  })
}

export function withReader(
  transport: Transport,
  change: (reader: PartitionReader) => Partial<PartitionReader>,
): Transport {
  return altered(transport, {
    async partitionReader(options, context) {
      const reader = await transport.partitionReader(options, context)
      return altered(reader, change(reader))
    },
  })
}

type Send = Producer['send']

/** Changes what is sent, with and without transactions. */
export function withSends(
  transport: Transport,
  change: (send: Send, batch: ProduceBatch) => Promise<readonly TopicPartitionOffset[]>,
): Transport {
  return altered(transport, {
    async producer(options, context) {
      const producer = await transport.producer(options, context)
      return altered(producer, { send: (batch) => change((one) => producer.send(one), batch) })
    },
    async transactionalProducer(options, context) {
      const producer = await transport.transactionalProducer(options, context)
      return altered(producer, { send: (batch) => change((one) => producer.send(one), batch) })
    },
  })
}

/** The records of a batch that are kept, in a batch of their own. */
export function someOf(
  batch: ProduceBatch,
  isKept: (topic: string, value: Uint8Array | null) => boolean,
): ProduceBatch {
  const kept = new ProduceBatch()
  for (let index = 0; index < batch.length; index++) {
    const topic = batch.topic(index)
    const value = batch.value(index)
    if (!isKept(topic, value)) continue
    const key = Buffer.from(batch.key(index) ?? []).toString('latin1')
    const headers = batch.headers(index)
    const partition = batch.partition(index)
    kept.add(kept.topicIndex(topic), partition, key, value, batch.timestamp(index), headers)
  }
  return kept
}

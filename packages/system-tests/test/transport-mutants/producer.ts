import type { Producer, SendReport } from '@goka/interface'
import { context } from './context.ts'
import { mutant, type TransportMutant, turn, unless } from './mutant.ts'
import { changeSent } from './rows.ts'

export const producerMutants: readonly TransportMutant[] = [
  mutant(
    'lets a send pass the one before it',
    'records are in the order of the sends, though nobody waits for them',
    () => {
      let sends = 0
      return {
        producer: (producer) => ({
          send: async (batch) => {
            if (sends++ % 3 === 0) await turn()
            return producer.send(batch)
          },
        }),
      }
    },
  ),
  mutant(
    'tells the offset of the last record',
    [
      'send tells for each partition the offset after its last record',
      'sends of a transaction tell their offsets',
    ],
    {
      producer: (producer) => ({
        send: async (batch) =>
          (await producer.send(batch)).map((end) => ({ ...end, offset: end.offset - 1 })),
      }),
    },
  ),
  mutant(
    'tells a position for each record',
    'send tells for each partition the offset after its last record',
    {
      producer: (producer) => ({
        send: async (batch) => {
          const [end] = await producer.send(batch)
          return end === undefined ? [] : [end]
        },
      }),
    },
  ),
  mutant('acknowledges before it writes', 'a record is there once its send has resolved', {
    producer: (producer) => ({
      send: async (batch) => {
        const copy = changeSent(batch, (row) => row)
        setImmediate(() => void producer.send(copy).catch(() => {}))
        return []
      },
    }),
  }),
  mutant('refuses empty batches', 'an empty batch is sent at once', {
    producer: (producer) => ({
      send: async (batch) => {
        if (batch.length === 0) throw new RangeError('nothing to send')
        return producer.send(batch)
      },
    }),
  }),
  mutant(
    'tells the offsets after the records',
    ['sendEach tells the offset of each record', 'sends of a transaction tell their offsets'],
    {
      producer: (producer) => ({
        sendEach: async (batch) => {
          const report = await producer.sendEach(batch)
          return { ...report, offsets: report.offsets.map((offset) => offset + 1) }
        },
      }),
    },
  ),
  mutant(
    'rejects for a record',
    'sendEach tells why a record was not written and does not reject',
    {
      producer: (producer) => ({
        sendEach: async (batch) => {
          const report = await producer.sendEach(batch)
          for (const failure of report.failures.values()) throw failure
          return report
        },
      }),
    },
  ),
  mutant(
    'tells the first failure only',
    'sendEach tells why a record was not written and does not reject',
    {
      producer: (producer) => ({
        sendEach: async (batch): Promise<SendReport> => {
          const { offsets, failures } = await producer.sendEach(batch)
          return { offsets, failures: new Map([...failures].slice(0, 1)) }
        },
      }),
    },
  ),
  mutant(
    'makes the topics that it writes to',
    'a record for a topic that does not exist is refused and creates nothing',
    {
      producer: (producer, transport) => ({
        send: (batch) =>
          unless(
            ['GOKA_TOPIC_UNKNOWN'],
            () => producer.send(batch),
            async () => {
              const admin = await transport.admin(context)
              await admin.createTopic({ topic: batch.topic(0), partitions: 1 })
              return producer.send(batch)
            },
          ),
      }),
    },
  ),
  mutant(
    'writes to another partition where there is none',
    'a record for a partition that does not exist is refused',
    {
      producer: (producer) => ({
        sendEach: (batch) =>
          producer.sendEach(changeSent(batch, (row) => ({ ...row, partition: row.partition % 2 }))),
      }),
    },
  ),
  mutant('tells the partitions of the first topic', 'partitions tells how many a topic has', {
    producer: (producer) => {
      let first: number | undefined
      return {
        partitions: async (topic) => {
          first ??= await producer.partitions(topic)
          return first
        },
      }
    },
  }),
  mutant(
    'reads a batch after its send has settled',
    [
      'a batch is the caller’s again once its send has settled',
      'several batches may be under way, each with its own memory',
    ],
    {
      producer: (producer) => ({
        send: async (batch) => {
          setImmediate(() => void producer.send(batch).catch(() => {}))
          return []
        },
      }),
    },
  ),
  mutant(
    'writes a batch to the topic of its first record',
    'a batch may hold records of several topics',
    {
      producer: (producer) => ({
        send: (batch) => {
          const topic = batch.length > 0 ? batch.topic(0) : ''
          return producer.send(changeSent(batch, (row) => ({ ...row, topic })))
        },
      }),
    },
  ),
  mutant('closes all producers with one', 'producers are independent of each other', () => {
    const producers: Producer[] = []
    return {
      producer: (producer) => {
        producers.push(producer)
        return {
          close: async () => {
            await Promise.all(producers.map((each) => each.close()))
          },
        }
      },
    }
  }),
  mutant('drops at its close what waits', 'a close waits for what was sent', {
    producer: (producer) => {
      let closed = false
      return {
        send: async (batch) => {
          await turn()
          return closed ? [] : producer.send(batch)
        },
        close: async () => {
          closed = true
          await turn()
          await producer.close()
        },
      }
    },
  }),
]

import type { GroupConsumer, Producer, Transport } from '@goka/interface'
import { context } from './context.ts'
import { mutant, type TransportMutant, unless } from './mutant.ts'

/** A consumer for a commit without offsets. */
function bystander(transport: Transport): Promise<GroupConsumer> {
  const listener = { assigned: async () => [], revoked: async () => {}, lost: async () => {} }
  const options = { group: 'mutant', topics: [], isolation: 'read_committed' as const, listener }
  return transport.groupConsumer(options, context)
}

export const transactionMutants: readonly TransportMutant[] = [
  mutant(
    'writes at once in transactions too',
    [
      'records of a transaction are seen once it is committed',
      'records of an aborted transaction are never seen',
    ],
    {
      transactional: (_producer, transport) => {
        let plain: Promise<Producer> | undefined
        return {
          send: async (batch) => {
            plain ??= transport.producer({}, context)
            return (await plain).send(batch)
          },
        }
      },
    },
  ),
  mutant('commits when it aborts', 'records of an aborted transaction are never seen', {
    transactional: (producer, transport) => ({
      abort: async () => producer.commit(await bystander(transport), []),
    }),
  }),
  mutant(
    'reads committed records only',
    'a reader of uncommitted records sees all of them at once',
    { readerOptions: () => ({ isolation: 'read_committed' }) },
  ),
  mutant(
    'reads uncommitted records',
    [
      'records of a transaction are seen once it is committed',
      'records of an aborted transaction are never seen',
      'a reader stops before an open transaction, also for records of others after it',
    ],
    { readerOptions: () => ({ isolation: 'read_uncommitted' }) },
  ),
  mutant('loses what sendEach sends', 'a transaction may span partitions and many sends', {
    transactional: () => ({
      sendEach: async (batch) => ({
        offsets: new Float64Array(batch.length),
        failures: new Map(),
      }),
    }),
  }),
  mutant(
    'counts offsets from the begin of the transaction',
    'sends of a transaction tell their offsets',
    {
      transactional: (producer) => ({
        sendEach: async (batch) => {
          const report = await producer.sendEach(batch)
          return { ...report, offsets: report.offsets.map((_, index) => index) }
        },
      }),
    },
  ),
  mutant('refuses empty transactions', 'a transaction may be empty', {
    transactional: (producer) => {
      let sends = 0
      return {
        begin: () => {
          sends = 0
          return producer.begin()
        },
        send: (batch) => {
          sends++
          return producer.send(batch)
        },
        commit: async (consumer, offsets) => {
          if (sends === 0) throw new Error('the transaction is empty')
          await producer.commit(consumer, offsets)
        },
      }
    },
  }),
  mutant(
    'commits no offsets with a transaction',
    'offsets are committed with the transaction, and not without it',
    { transactional: (producer) => ({ commit: (consumer) => producer.commit(consumer, []) }) },
  ),
  mutant(
    'commits offsets apart from the transaction and one too few',
    'offsets are committed with the transaction, and not without it',
    {
      transactional: (producer) => ({
        commit: async (consumer, offsets) => {
          await producer.commit(consumer, [])
          for (const position of offsets) {
            await consumer.commit([{ ...position, offset: Math.max(0, position.offset - 1) }])
          }
        },
      }),
    },
  ),
  mutant(
    'commits without offsets that are another member’s',
    'a transaction cannot commit offsets of a partition that is another member’s',
    {
      transactional: (producer) => ({
        commit: (consumer, offsets) =>
          unless(
            ['GOKA_TRANSPORT_FENCED'],
            () => producer.commit(consumer, offsets),
            () => producer.commit(consumer, []),
          ),
      }),
    },
  ),
  mutant(
    'takes each producer for another one',
    [
      'a producer of the same transactional id takes over and ends what was open',
      'a close takes an open transaction back',
    ],
    () => {
      let producers = 0
      return {
        transactionalId: (id) => `${id}-${producers++}`,
        // Nobody ends what was left open, as when a process was killed.
        transactional: (producer) => {
          let open = false
          return {
            begin: () => {
              open = true
              return producer.begin()
            },
            commit: async (consumer, offsets) => {
              await producer.commit(consumer, offsets)
              open = false
            },
            abort: async () => {
              await producer.abort()
              open = false
            },
            close: async () => {
              if (!open) await producer.close()
            },
          }
        },
      }
    },
  ),
  mutant(
    'takes all producers for the same one',
    'producers of different transactional ids do not disturb each other',
    { transactionalId: () => 'the id' },
  ),
  mutant('commits at its close', 'a close takes an open transaction back', {
    transactional: (producer, transport) => ({
      close: async () => {
        await producer.commit(await bystander(transport), []).catch(() => {})
        await producer.close()
      },
    }),
  }),
  mutant(
    'reads uncommitted records in groups',
    'a member of a group reads committed records only, if it says so',
    { consumerOptions: (options) => ({ ...options, isolation: 'read_uncommitted' }) },
  ),
]

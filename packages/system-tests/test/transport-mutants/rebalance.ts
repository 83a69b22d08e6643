import type { RebalanceListener, RecordBatch, TopicPartition } from '@goka/interface'
import { mutant, type TransportMutant } from './mutant.ts'

export const rebalanceMutants: readonly TransportMutant[] = [
  mutant(
    'puts each member in a group of its own',
    'partitions are shared by the members, also of another transport',
    () => {
      let members = 0
      return {
        consumerOptions: (options) => ({ ...options, group: `${options.group}-${members++}` }),
      }
    },
  ),
  mutant(
    'shares topics by themselves',
    'partitions of the same number go to the same member',
    () => {
      let members = 0
      return {
        consumerOptions: (options) => ({
          ...options,
          topics: members++ === 0 ? options.topics : options.topics.slice(0, 1),
        }),
      }
    },
  ),
  mutant(
    'does not wait for a revocation',
    'a partition moves once its revocation has settled, and not before',
    {
      listener: (listener) => ({
        revoked: async (partitions) => {
          void listener.revoked(partitions)
        },
      }),
    },
  ),
  mutant(
    'ignores commits while it revokes',
    [
      'no record is lost or doubled when partitions move',
      'a partition moves once its revocation has settled, and not before',
    ],
    () => {
      let revoking = false
      return {
        listener: (listener) => ({
          revoked: async (partitions) => {
            revoking = true
            await listener.revoked(partitions)
            revoking = false
          },
        }),
        consumer: (consumer) => ({
          commit: async (offsets) => {
            if (!revoking) await consumer.commit(offsets)
          },
        }),
      }
    },
  ),
  mutant(
    'hands out records after their revocation',
    'no record is lost or doubled when partitions move',
    {
      consumer: (consumer) => {
        let found: readonly RecordBatch[] = []
        return {
          // Each poll gives what the one before it found.
          poll: async (timeoutMs) => {
            const batches = found
            found = await consumer.poll(timeoutMs)
            return batches
          },
        }
      },
    },
  ),
  mutant(
    'stays in its group when it is closed',
    [
      'a member that leaves hands its partitions to the others',
      'a group that was left is found again',
    ],
    {
      consumer: (consumer) => {
        let closed = false
        return {
          poll: async (timeoutMs) => (closed ? [] : consumer.poll(timeoutMs)),
          close: async () => {
            if (closed) return
            closed = true
            const poll = setInterval(() => void consumer.poll(0).catch(() => {}), 20).unref()
            setTimeout(() => {
              clearInterval(poll)
              void consumer.close()
            }, 6000).unref()
          },
        }
      },
    },
  ),
  mutant('revokes at its close', 'a close calls no listener', () => {
    const held = new Map<object, { listener: RebalanceListener; partitions: TopicPartition[] }>()
    return {
      listener: (listener, consumer) => ({
        assigned: (partitions) => {
          held.set(consumer(), { listener, partitions: [...partitions] })
          return listener.assigned(partitions)
        },
      }),
      consumer: (consumer) => ({
        close: async () => {
          const last = held.get(consumer)
          held.delete(consumer)
          if (last !== undefined) await last.listener.revoked(last.partitions)
          await consumer.close()
        },
      }),
    }
  }),
  mutant(
    'tells every member of every change',
    'a member of one topic is left alone when a group of another one changes',
    () => {
      const listeners: RebalanceListener[] = []
      return {
        listener: (listener) => {
          for (const other of listeners) void other.lost([])
          listeners.push(listener)
          return {}
        },
      }
    },
  ),
  mutant(
    'has no instance ids',
    [
      'a member that comes back under its instance id keeps its partitions',
      'a member whose instance id is taken over is fenced',
    ],
    {
      consumerOptions: ({ group, topics, isolation, listener }) => ({
        group,
        topics,
        isolation,
        listener,
      }),
    },
  ),
]

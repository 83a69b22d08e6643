import type { GroupConsumer, RecordBatch } from '@goka/interface'
import { mutant, type TransportMutant, unless } from './mutant.ts'
import { changeRead } from './rows.ts'

type Poll = GroupConsumer['poll']

function each(consumer: GroupConsumer, change: (batch: RecordBatch) => RecordBatch): Poll {
  return async (timeoutMs) => (await consumer.poll(timeoutMs)).map(change)
}

export const groupMutants: readonly TransportMutant[] = [
  mutant(
    'assigns all partitions but one',
    'a member is assigned every partition before it gets a record',
    {
      listener: (listener) => ({
        assigned: (partitions) => listener.assigned(partitions.slice(1)),
      }),
    },
  ),
  mutant('starts partitions by itself', 'partitions are paused until they are resumed', {
    listener: (listener, consumer) => ({
      assigned: async (partitions) => {
        const starts = await listener.assigned(partitions)
        void consumer().resume(partitions)
        return starts
      },
    }),
  }),
  mutant('resumes all partitions', 'partitions are paused until they are resumed', {
    consumer: (consumer) => ({
      resume: (partitions) =>
        consumer.resume(
          partitions.flatMap(({ topic }) => [0, 1].map((partition) => ({ topic, partition }))),
        ),
    }),
  }),
  mutant(
    'forgets a resume during the assignment',
    'a resume counts from the moment when the partitions are assigned',
    () => {
      let assigning = false
      return {
        listener: (listener) => ({
          assigned: async (partitions) => {
            assigning = true
            const starts = await listener.assigned(partitions)
            assigning = false
            return starts
          },
        }),
        consumer: (consumer) => ({
          resume: async (partitions) => {
            if (!assigning) await consumer.resume(partitions)
          },
        }),
      }
    },
  ),
  mutant('starts at the beginning', 'reading starts where the listener said', {
    listener: (listener) => ({
      assigned: async (partitions) =>
        (await listener.assigned(partitions)).map((start) => ({ ...start, offset: 0 })),
    }),
  }),
  mutant(
    'loses the last record of a batch',
    'records come in the order of their partition, none missing and none twice',
    {
      consumer: (consumer) => ({
        poll: each(consumer, (batch) =>
          changeRead(batch, (row, index) =>
            index > 0 && index === batch.length - 1 ? undefined : row,
          ),
        ),
      }),
    },
  ),
  mutant(
    'hands out a batch twice',
    'records come in the order of their partition, none missing and none twice',
    {
      consumer: (consumer) => ({
        poll: async (timeoutMs) =>
          (await consumer.poll(timeoutMs)).flatMap((batch) => [batch, batch]),
      }),
    },
  ),
  mutant('does not pause', 'nothing comes of a paused partition, and it goes on where it was', {
    consumer: () => ({ pause: async () => {} }),
  }),
  mutant(
    'skips a record when a partition goes on',
    'nothing comes of a paused partition, and it goes on where it was',
    {
      consumer: (consumer) => {
        const positions = new Map<number, number>()
        return {
          poll: async (timeoutMs) => {
            const batches = await consumer.poll(timeoutMs)
            for (const batch of batches) positions.set(batch.partition, batch.nextOffset)
            return batches
          },
          resume: (partitions) =>
            consumer.resume(
              partitions.map(({ topic, partition }) => {
                const position = positions.get(partition)
                return { topic, partition, ...(position && { offset: position + 1 }) }
              }),
            ),
        }
      },
    },
  ),
  mutant(
    'resumes where it was, whatever the offset',
    [
      'a resume with an offset goes on there',
      'a partition that runs may be resumed at another offset',
    ],
    {
      consumer: (consumer) => ({
        resume: (partitions) =>
          consumer.resume(partitions.map(({ topic, partition }) => ({ topic, partition }))),
      }),
    },
  ),
  mutant(
    'refuses to resume what is not assigned',
    'partitions that are not assigned are ignored by resume and pause',
    {
      consumer: (consumer, { topics }) => ({
        resume: async (partitions) => {
          if (partitions.some(({ topic }) => !topics.includes(topic)))
            throw new Error('not assigned')
          await consumer.resume(partitions)
        },
      }),
    },
  ),
  mutant(
    'says nothing of an offset out of range',
    'an offset out of range is told, and the partition paused',
    {
      consumer: (consumer) => ({
        poll: (timeoutMs) =>
          unless(
            ['GOKA_TRANSPORT_OFFSET_RANGE'],
            () => consumer.poll(timeoutMs),
            () => [],
          ),
      }),
    },
  ),
  mutant('waits for unknown topics', 'a group cannot read a topic that does not exist', {
    consumer: (consumer) => ({
      poll: (timeoutMs) =>
        unless(
          ['GOKA_TOPIC_UNKNOWN'],
          () => consumer.poll(timeoutMs),
          () => [],
        ),
    }),
  }),
  mutant(
    'says nothing of a failed listener',
    'what the listener rejects with fails the next poll',
    {
      listener: (listener) => ({
        assigned: (partitions) => listener.assigned(partitions).catch(() => []),
      }),
    },
  ),
  mutant('puts another error around', 'what the listener rejects with fails the next poll', {
    consumer: (consumer) => ({
      poll: async (timeoutMs) => {
        try {
          return await consumer.poll(timeoutMs)
        } catch (cause) {
          throw new Error('the listener failed', { cause })
        }
      },
    }),
  }),
  mutant('does not wait', 'a poll of a group waits for records, and no longer than it should', {
    consumer: (consumer) => ({ poll: () => consumer.poll(0) }),
  }),
  mutant(
    'commits nothing',
    [
      'a group goes on where it has committed',
      'committed tells what was committed, and leaves out the rest',
      'commits may be under way together',
    ],
    { consumer: () => ({ commit: async () => {} }) },
  ),
  mutant('commits what it hands out', 'nothing is committed by itself', {
    consumer: (consumer) => ({
      poll: async (timeoutMs) => {
        const batches = await consumer.poll(timeoutMs)
        await consumer.commit(
          batches.map(({ topic, partition, nextOffset }) => ({
            topic,
            partition,
            offset: nextOffset,
          })),
        )
        return batches
      },
    }),
  }),
  mutant(
    'commits the last record done',
    'committed tells what was committed, and leaves out the rest',
    {
      consumer: (consumer) => ({
        commit: (offsets) =>
          consumer.commit(
            offsets.map((position) => ({ ...position, offset: Math.max(0, position.offset - 1) })),
          ),
      }),
    },
  ),
  mutant(
    'tells 0 without a commit',
    'committed tells what was committed, and leaves out the rest',
    {
      consumer: (consumer) => ({
        committed: async (partitions) => {
          const found = await consumer.committed(partitions)
          const missing = partitions.filter(
            ({ topic, partition }) =>
              !found.some((other) => other.topic === topic && other.partition === partition),
          )
          return [...found, ...missing.map((partition) => ({ ...partition, offset: 0 }))]
        },
      }),
    },
  ),
  mutant('takes one commit at a time', 'commits may be under way together', {
    consumer: (consumer) => {
      let committing = false
      return {
        commit: async (offsets) => {
          if (committing) throw new Error('a commit is under way')
          committing = true
          await consumer.commit(offsets)
          committing = false
        },
      }
    },
  }),
  mutant(
    'commits what is its own of a mixed commit',
    'a partition that is another member’s cannot be committed, nor what is with it',
    {
      consumer: (consumer) => ({
        commit: async (offsets) => {
          const outcomes = await Promise.allSettled(
            offsets.map((position) => consumer.commit([position])),
          )
          for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
        },
      }),
    },
  ),
  mutant(
    'says nothing of a partition that is not its own',
    'a partition that is another member’s cannot be committed, nor what is with it',
    {
      consumer: (consumer) => ({
        commit: (offsets) =>
          unless(
            ['GOKA_TRANSPORT_FENCED'],
            () => consumer.commit(offsets),
            () => {},
          ),
      }),
    },
  ),
  mutant('has one group', 'groups are independent of each other', {
    consumerOptions: (options) => ({ ...options, group: 'the group' }),
  }),
]

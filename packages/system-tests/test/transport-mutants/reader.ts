import type { PartitionReader, RecordBatch } from '@goka/interface'
import { mutant, type TransportMutant, unless } from './mutant.ts'
import { changeRead, retell } from './rows.ts'

type Poll = PartitionReader['poll']

/** A poll of which each batch is changed or left out. */
function each(
  reader: PartitionReader,
  change: (batch: RecordBatch) => RecordBatch | undefined,
): Poll {
  return async (timeoutMs) =>
    (await reader.poll(timeoutMs)).map(change).filter((batch) => batch !== undefined)
}

const nameOf = ({ topic, partition }: { topic: string; partition: number }): string =>
  `${topic}/${partition}`

export const readerMutants: readonly TransportMutant[] = [
  mutant('starts at the beginning', 'reading starts at the offset that was given', {
    reader: (reader) => ({
      add: (positions) => reader.add(positions.map((position) => ({ ...position, offset: 0 }))),
    }),
  }),
  mutant('starts one record early', 'reading from the end gives what is written from then on', {
    reader: (reader) => ({
      add: (positions) =>
        reader.add(
          positions.map((position) => ({ ...position, offset: Math.max(0, position.offset - 1) })),
        ),
    }),
  }),
  mutant(
    'ignores what is added again',
    [
      'a partition that is added again goes on at the new offset',
      'the end is told to a reader that starts there',
    ],
    {
      reader: (reader) => {
        const known = new Set<string>()
        return {
          add: async (positions) => {
            const fresh = positions.filter((position) => !known.has(nameOf(position)))
            await reader.add(fresh)
            for (const position of fresh) known.add(nameOf(position))
          },
        }
      },
    },
  ),
  mutant(
    'hands out what it had before a partition was added again',
    'a partition that is added again goes on at the new offset',
    {
      reader: (reader) => {
        const stale: RecordBatch[] = []
        return {
          add: async (positions) => {
            if (stale.length === 0) stale.push(...(await reader.poll(20)))
            await reader.add(positions)
          },
          poll: async (timeoutMs) => stale.splice(0, 1).concat(await reader.poll(timeoutMs)),
        }
      },
    },
  ),
  mutant(
    'ignores what is added while it polls',
    'a partition may be added again while a poll is under way',
    {
      reader: (reader) => {
        let polling = false
        return {
          add: async (positions) => {
            if (!polling) await reader.add(positions)
          },
          poll: async (timeoutMs) => {
            polling = true
            const batches = await reader.poll(Math.min(timeoutMs, 100))
            polling = false
            return batches
          },
        }
      },
    },
  ),
  mutant('reads on what was removed', 'nothing comes of a partition that was removed', {
    reader: () => ({ remove: async () => {} }),
  }),
  mutant(
    'adds what was removed meanwhile',
    'nothing comes of a partition that is removed while it is added',
    {
      reader: (reader) => {
        let adding = 0
        return {
          add: async (positions) => {
            adding++
            await reader.add(positions)
            adding--
          },
          remove: async (partitions) => {
            if (adding === 0) await reader.remove(partitions)
          },
        }
      },
    },
  ),
  mutant('refuses to remove what it does not read', 'a partition that is not read can be removed', {
    reader: (reader) => {
      const known = new Set<string>()
      return {
        add: async (positions) => {
          await reader.add(positions)
          for (const position of positions) known.add(nameOf(position))
        },
        remove: async (partitions) => {
          for (const partition of partitions) {
            if (!known.has(nameOf(partition))) throw new Error(`${nameOf(partition)} is not read`)
          }
          await reader.remove(partitions)
        },
      }
    },
  }),
  mutant(
    'says nothing of an offset out of range',
    [
      'an offset past the end is told, and the partition removed',
      'an offset before the start is told where records can be deleted',
    ],
    {
      reader: (reader) => ({
        poll: (timeoutMs) =>
          unless(
            ['GOKA_TRANSPORT_OFFSET_RANGE'],
            () => reader.poll(timeoutMs),
            () => [],
          ),
      }),
    },
  ),
  mutant('says nothing of unknown topics', 'a topic that does not exist cannot be read', {
    reader: (reader) => ({
      add: (positions) =>
        unless(
          ['GOKA_TOPIC_UNKNOWN'],
          () => reader.add(positions),
          () => {},
        ),
    }),
  }),
  mutant(
    'tells the end with records only',
    ['the end of an empty partition is told', 'the end is told to a reader that starts there'],
    {
      reader: (reader) => ({
        poll: each(reader, (batch) => (batch.length === 0 ? undefined : batch)),
      }),
    },
  ),
  mutant('tells the end once', 'the end is told whenever it is reached', {
    reader: (reader) => {
      const told = new Set<string>()
      return {
        poll: each(reader, (batch) => {
          const atEnd = batch.atEnd && !told.has(nameOf(batch))
          if (atEnd) told.add(nameOf(batch))
          return retell(batch, batch.nextOffset, atEnd)
        }),
      }
    },
  }),
  mutant('tells the end before it is there', 'the end is not told before it is there', {
    reader: (reader) => ({ poll: each(reader, (batch) => retell(batch, batch.nextOffset, true)) }),
  }),
  mutant('never sees an end', 'endOffset is what the reader saw last', {
    reader: () => ({ endOffset: () => undefined }),
  }),
  mutant('keeps the first end that it saw', 'endOffset is what the reader saw last', {
    reader: (reader) => {
      let first: number | undefined
      return {
        endOffset: (partition) => {
          first ??= reader.endOffset(partition)
          return first
        },
      }
    },
  }),
  mutant('reads one partition at a time', 'several partitions are read at a time', {
    reader: (reader) => ({ poll: async (timeoutMs) => (await reader.poll(timeoutMs)).slice(0, 1) }),
  }),
  mutant(
    'hands out a batch twice',
    'what is written while a reader reads comes in order, none missing and none twice',
    {
      reader: (reader) => ({
        poll: async (timeoutMs) =>
          (await reader.poll(timeoutMs)).flatMap((batch) => [batch, batch]),
      }),
    },
  ),
  mutant(
    'loses the last record of a batch',
    'what is written while a reader reads comes in order, none missing and none twice',
    {
      reader: (reader) => ({
        poll: each(reader, (batch) =>
          changeRead(batch, (row, index) =>
            index > 0 && index === batch.length - 1 ? undefined : row,
          ),
        ),
      }),
    },
  ),
  mutant('does not wait', 'a poll waits for records, and no longer than it should', {
    reader: (reader) => ({ poll: () => reader.poll(0) }),
  }),
  mutant('waits to the end of its time', 'a poll waits for records, and no longer than it should', {
    reader: (reader) => ({
      poll: async (timeoutMs) => {
        await new Promise((resolve) => setTimeout(resolve, timeoutMs).unref())
        return reader.poll(0)
      },
    }),
  }),
  mutant('reuses the memory of a batch', 'a batch stays as it is while more is read', {
    reader: (reader) => {
      let last: readonly RecordBatch[] = []
      return {
        poll: async (timeoutMs) => {
          const batches = await reader.poll(timeoutMs)
          for (const batch of last) {
            for (let index = 0; index < batch.length; index++) batch.value(index)?.fill(0)
          }
          last = batches
          return batches
        },
      }
    },
  }),
  mutant('feeds one reader', 'readers and transports are independent of each other', () => {
    let readers = 0
    return {
      reader: (reader) =>
        readers++ === 0 ? {} : { poll: async () => [], close: () => reader.close() },
    }
  }),
  mutant(
    'tells its position by the last record',
    'the end is told by position, after the markers of transactions',
    {
      reader: (reader) => ({
        poll: each(reader, (batch) =>
          batch.length === 0
            ? undefined
            : retell(batch, batch.offset(batch.length - 1) + 1, batch.atEnd),
        ),
      }),
    },
  ),
]

import { RecordBatch } from '@goka/interface'
import { altered } from './altered.ts'
import { type Mutant, withConsumer, withSends } from './mutant.ts'
import { TABLE } from './topics.ts'

/** Commits an offset further than it is told. */
const gap: Mutant = {
  breaks: /^I4/,
  plan: { guarantee: 'at-least-once' },
  transport: (transport) =>
    withConsumer(transport, (consumer) => ({
      commit: (offsets) =>
        consumer.commit(offsets.map((one) => ({ ...one, offset: one.offset + 1 }))),
    })),
}

/** Writes the values of the table to the disk before they are committed. */
const early: Mutant = {
  breaks: /^I5: the store/,
  plan: { compaction: 'none' },
  transport: (transport, disk) =>
    withSends(transport, (send, batch) => {
      for (let index = 0; index < batch.length; index++) {
        if (batch.topic(index) !== TABLE) continue
        const key = Buffer.from(batch.key(index) ?? []).toString('latin1')
        const file = disk.file(TABLE, batch.partition(index))
        const value = batch.value(index)
        if (file === undefined) continue
        if (value === null) file.values.delete(key)
        else file.values.set(key, Uint8Array.from(value))
      }
      return send(batch)
    }),
}

/** Forgets to delete. */
const undead: Mutant = {
  breaks: /^I5: the store/,
  plan: { compaction: 'none' },
  writeFault: (_file, { keys, values, checkpoint }) => ({
    keys: keys.filter((_key, index) => values[index] !== undefined),
    values: values.filter((value) => value !== undefined),
    checkpoint,
  }),
}

/** Hands the fifth batch out twice. */
const twice: Mutant = {
  breaks: /^I8/,
  plan: { guarantee: 'at-least-once' },
  transport: (transport) =>
    withConsumer(transport, (consumer) => {
      let count = 0
      return {
        async poll(timeoutMs) {
          const batches = await consumer.poll(timeoutMs)
          count += batches.length
          return count > 4 && count < 8 ? [...batches, ...batches] : batches
        },
      }
    }),
}

/** Gives every partition to each member of the group. */
const shared: Mutant = {
  breaks: /^I7/,
  plan: { slots: 3 },
  transport: (transport) =>
    altered(transport, {
      groupConsumer: (options, context) =>
        transport.groupConsumer({ ...options, group: `group-${context.clientId[0]}` }, context),
    }),
}

/** Acknowledges outputs that it has not written. */
const forgetful: Mutant = {
  breaks: /^I1:/,
  plan: { guarantee: 'at-least-once' },
  transport: (transport) => {
    let count = 0
    return withSends(transport, async (send, batch) =>
      batch.length > 0 && batch.topic(0) !== TABLE && ++count === 3 ? [] : send(batch),
    )
  },
}

/** Leaves out the second record of a batch, once. */
const lossy: Mutant = {
  breaks: /^(I8|I1:|I4)/,
  plan: { guarantee: 'at-least-once' },
  transport: (transport) =>
    withConsumer(transport, (consumer) => {
      let isDone = false
      return {
        async poll(timeoutMs) {
          const batches = await consumer.poll(timeoutMs)
          return batches.map((batch) => {
            if (isDone || batch.length < 2) return batch
            isDone = true
            const { topic, partition, nextOffset, atEnd } = batch
            return new RecordBatch(topic, partition, new ArrayBuffer(0), 0, 0, nextOffset, atEnd)
          })
        },
      }
    }),
}

/** By what is wrong: each has to be found. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'offsets are committed past a gap': gap,
  'a store is written before the commit': early,
  'a deletion does not reach the store': undead,
  'records are delivered twice': twice,
  'a partition is given to several members': shared,
  'outputs are acknowledged and not written': forgetful,
  'records are left out': lossy,
}

import { ProduceBatch, RecordBatch, type Storage, type Transport } from '@goka/interface'
import { altered } from './altered.ts'
import { type Mutant, someOf, withConsumer, withReader, withSends } from './mutant.ts'
import { JOINED, LOOKED_UP, LOOP, OUTPUT, TABLE } from './topics.ts'

/** A batch without its records. */
function emptied({ topic, partition, nextOffset, atEnd }: RecordBatch): RecordBatch {
  return new RecordBatch(topic, partition, new ArrayBuffer(0), 0, 0, nextOffset, atEnd)
}

/** What is read of a topic, as `change` has it for a partition that is read from `offset` on. */
function reading(
  transport: Transport,
  topic: string,
  start: (offset: number) => (batch: RecordBatch) => RecordBatch,
): Transport {
  return withReader(transport, (reader) => {
    const changes = new Map<number, (batch: RecordBatch) => RecordBatch>()
    return {
      add(positions) {
        for (const one of positions) {
          if (one.topic === topic) changes.set(one.partition, start(one.offset))
        }
        return reader.add(positions)
      },
      async poll(timeoutMs) {
        const batches = await reader.poll(timeoutMs)
        return batches.map((batch) =>
          batch.topic === topic ? (changes.get(batch.partition)?.(batch) ?? batch) : batch,
        )
      },
    }
  })
}

/** A storage that answers for a key of a topic what it has answered the first time. */
function remembering(storage: Storage, topic: string): Storage {
  const known = new Map<string, Uint8Array | undefined>()
  return altered(storage, {
    async open(name, context) {
      const store = await storage.open(name, context)
      if (name.topic !== topic) return store
      return altered(store, {
        async getMany(keys) {
          const found = await store.getMany(keys)
          return keys.map((key, index) => {
            if (!known.has(key)) known.set(key, found[index])
            return known.get(key)
          })
        },
      })
    },
  })
}

/** Does not read what a joined table gained while its partition was elsewhere. */
const away: Mutant = {
  breaks: /^I5: .* in joined/,
  plan: { rich: true, join: true, slots: 3 },
  transport: (transport) =>
    reading(transport, JOINED, (offset) => {
      let isBack = offset > 0
      return (batch) => {
        const skipped = isBack
        if (batch.atEnd) isBack = false
        return skipped ? emptied(batch) : batch
      }
    }),
}

/** Reads each value of a joined table from its store once and never again. */
const stale: Mutant = {
  breaks: /^I5: .* in joined/,
  plan: { rich: true, join: true, cacheBytes: 0 },
  storage: (storage) => remembering(storage, JOINED),
}

/** Stops to follow a table that is looked up. */
const deaf: Mutant = {
  breaks: /^I5: .* in looked-up/,
  plan: { rich: true, lookup: true },
  transport: (transport) =>
    reading(transport, LOOKED_UP, () => {
      let count = 0
      return (batch) => (++count > 3 ? emptied(batch) : batch)
    }),
}

/** Loses what callbacks send through the loop, once, with the commit of everything else. */
const cutLoop: Mutant = {
  breaks: /^I[12]: the loop/,
  plan: { rich: true, loop: true },
  transport: (transport) => {
    let isDone = false
    return withSends(transport, async (send, batch) => {
      const kept = someOf(batch, (topic) => topic !== LOOP)
      if (isDone || kept.length === batch.length) return send(batch)
      isDone = true
      return kept.length === 0 ? [] : send(kept)
    })
  },
}

/** Takes what was compacted for the end of what there is to read, and goes on behind it. */
const holey: Mutant = {
  breaks: /^I[25]/,
  plan: { rich: true, compaction: 'often', guarantee: 'at-least-once' },
  transport: (transport) =>
    reading(transport, TABLE, (offset) => {
      let next = offset
      return (batch) => {
        const isWhole = batch.length === 0 || batch.offset(0) === next
        next = batch.nextOffset
        return isWhole ? batch : emptied(batch)
      }
    }),
}

/** Hands out what came last first. */
const swapped: Mutant = {
  breaks: /^I8: .* delivered/,
  plan: { rich: true, ticks: true, loop: true },
  transport: (transport) =>
    withConsumer(transport, (consumer) => ({
      poll: async (timeoutMs) => [...(await consumer.poll(timeoutMs))].reverse(),
    })),
}

/** Leaves what visits write out of the changelog. */
const traceless: Mutant = {
  breaks: /^I1: the visit/,
  plan: { rich: true, visits: true, guarantee: 'exactly-once' },
  transport: (transport) =>
    withSends(transport, async (send, batch) => {
      const isKept = (topic: string, value: Uint8Array | null): boolean =>
        topic !== TABLE || value === null || !Buffer.from(value).includes('mark')
      const kept = someOf(batch, isKept)
      return kept.length === 0 ? [] : send(kept)
    }),
}

/** Lets views keep what is deleted. */
const undeadView: Mutant = {
  breaks: /^I5: a view/,
  plan: { rich: true, followed: true },
  writeFault: (_file, { keys, values, checkpoint }) => ({
    keys: keys.filter((_key, index) => values[index] !== undefined),
    values: values.filter((value) => value !== undefined),
    checkpoint,
  }),
}

/** Shows views what was never committed. */
const dirtyView: Mutant = {
  breaks: /^I5: a view/,
  plan: { rich: true, followed: true, guarantee: 'exactly-once' },
  viewTransport: (transport) =>
    altered(transport, {
      partitionReader: (_options, context) =>
        transport.partitionReader({ isolation: 'read_uncommitted' }, context),
    }),
}

/** Keeps no standby up to date. */
const lazy: Mutant = {
  breaks: /^I5: the table of/,
  plan: { rich: true, standby: 'all', slots: 3 },
  transport: (transport) =>
    withReader(transport, (reader) => {
      const ended = new Set<string>()
      return {
        add(positions) {
          for (const { topic, partition } of positions) ended.delete(`${topic}/${partition}`)
          return reader.add(positions)
        },
        async poll(timeoutMs) {
          const batches = await reader.poll(timeoutMs)
          return batches.filter(({ topic, partition, atEnd }) => {
            const isOver = ended.has(`${topic}/${partition}`)
            if (atEnd) ended.add(`${topic}/${partition}`)
            return !isOver
          })
        },
      }
    }),
}

/** Answers what is asked of the table's store, once a key, and never again. */
const frozenStore: Mutant = {
  breaks: /^I5: .* committed for/,
  plan: { rich: true },
  storage: (storage) => remembering(storage, TABLE),
}

/** Writes without end. */
const restless: Mutant = {
  breaks: /^I10: nothing is to be done/,
  plan: { rich: true, guarantee: 'at-least-once' },
  transport: (transport) =>
    altered(transport, {
      async producer(options, context) {
        const producer = await transport.producer(options, context)
        const again = (): unknown =>
          context.clock.setTimeout(() => {
            const batch = new ProduceBatch()
            batch.add(batch.topicIndex(OUTPUT), 0, 'none', null, Number.NaN, undefined)
            timer = again()
            producer.send(batch).catch(() => {})
          }, 1_000)
        let timer = again()
        return altered(producer, {
          close() {
            context.clock.clearTimeout(timer)
            return producer.close()
          },
        })
      },
    }),
}

/** By what is wrong with what only some groups have: each has to be found. */
export const FEATURE_MUTANTS: Readonly<Record<string, Mutant>> = {
  'a joined table is not read on when its partition comes back': away,
  'a joined value is read from a stale copy': stale,
  'a table that is looked up is not followed': deaf,
  'what goes through the loop is lost at a commit': cutLoop,
  'a recovery loses its way where records were compacted away': holey,
  'the inputs of a partition change places': swapped,
  'what a visit writes is not committed': traceless,
  'a deletion does not reach a view': undeadView,
  'a view shows what was aborted': dirtyView,
  'a standby is not kept up to date': lazy,
  'a committed value is read from a stale copy': frozenStore,
  'a group goes on writing when nothing is to be done': restless,
}

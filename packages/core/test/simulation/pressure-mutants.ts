import type { Admin, Transport } from '@goka/interface'
import { altered } from './altered.ts'
import { type Mutant, someOf, withConsumer, withSends } from './mutant.ts'
import { DEAD, INPUT, TABLE } from './topics.ts'

function withAdmin(transport: Transport, change: (admin: Admin) => Partial<Admin>): Transport {
  return altered(transport, {
    async admin(context) {
      const admin = await transport.admin(context)
      return altered(admin, change(admin))
    },
  })
}

/** Polls on, however much waits. */
const flood: Mutant = {
  breaks: /^I12: .* of waiting records/,
  plan: { bursts: true, callbackMs: 300, maxQueuedBytes: 200, fetchMaxBytes: 100 },
  transport: (transport) => withConsumer(transport, () => ({ pause: async () => {} })),
}

/** Works on, however much is not committed. */
const hoard: Mutant = {
  breaks: /^I12: .* of what is not committed/,
  plan: { bursts: true, callbackMs: 0, maxUncommittedBytes: 50, fetchMaxBytes: 100 },
  options: { maxUncommittedBytes: 32 * 1024 * 1024 },
}

/** Keeps stores that nobody may believe. */
const credulous: Mutant = {
  breaks: /ruin|is damaged|though its store was/,
  plan: { rich: true, damages: true, slots: 1 },
  storage: (storage) => altered(storage, { drop: async () => {} }),
}

/** Does not know that the start of a topic is gone. */
const endless: Mutant = {
  breaks: /^I10/,
  plan: { rich: true, damages: true, cuts: true, slots: 1, defers: false },
  transport: (transport) =>
    withAdmin(transport, (admin) => ({
      async offsets(partitions, which) {
        const found = await admin.offsets(partitions, which)
        return found.map((one) =>
          one.topic === TABLE && which === 'earliest' ? { ...one, offset: 0 } : one,
        )
      },
    })),
}

/** Does not see that an input has gained a partition. */
const blind: Mutant = {
  breaks: /^I10: .* over a new partition/,
  plan: { grows: true },
  transport: (transport) => {
    let partitions: number | undefined
    return withAdmin(transport, (admin) => ({
      async topics(names) {
        const found = new Map(await admin.topics(names))
        const input = found.get(INPUT)
        partitions ??= input?.partitions
        if (input !== undefined && partitions !== undefined) {
          found.set(INPUT, { ...input, partitions })
        }
        return found
      },
    }))
  },
}

/** Writes dead letters twice. */
const chatty: Mutant = {
  breaks: /^I13: .* is 2 times/,
  plan: { guarantee: 'exactly-once', failure: 'dead-letter' },
  transport: (transport) =>
    withSends(transport, async (send, batch) => {
      const sent = await send(batch)
      const letters = someOf(batch, (topic) => topic === DEAD)
      if (letters.length > 0) await send(letters)
      return sent
    }),
}

/** Loses dead letters, with the commit of everything else. */
const secretive: Mutant = {
  breaks: /^I13: .* is 0 times/,
  plan: { failure: 'dead-letter' },
  transport: (transport) =>
    withSends(transport, async (send, batch) => {
      const kept = someOf(batch, (topic) => topic !== DEAD)
      return kept.length === 0 ? [] : send(kept)
    }),
}

/** By what is wrong with a group that is pressed hard, or whose data are harmed: each has to be found. */
export const PRESSURE_MUTANTS: Readonly<Record<string, Mutant>> = {
  'partitions are not paused': flood,
  'work goes on whatever waits for a commit': hoard,
  'a store that is worth nothing is kept': credulous,
  'nobody knows that the start of the table is gone': endless,
  'a new partition of an input is not seen': blind,
  'dead letters are written twice': chatty,
  'dead letters are lost': secretive,
}

import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import type { Producer } from '@goka/interface'
import { expectCode } from '../expect-code.ts'
import { batchOf, texts } from './batch-of.ts'
import { eventually } from './deadline.ts'
import { place } from './inbox.ts'
import type { Member } from './member.ts'
import type { TransportTests } from './transport-case.ts'

/** Waits until the members own `count` partitions together, none of them twice, and each at least one. */
async function shared(members: readonly Member[], count: number): Promise<void> {
  const settled = (): boolean => {
    const names = members.flatMap((member) => member.ownedNames)
    const all = names.length === count && new Set(names).size === count
    return all && members.every((member) => member.owned.size > 0)
  }
  for (const member of members) await member.until('a share for everybody', settled)
}

/** Sends records, each with a value of its own, to all partitions of a topic until it is stopped. */
class Pump {
  #running = true
  readonly #sent: Promise<number>

  constructor(producer: Producer, topic: string, partitions: number) {
    this.#sent = this.#run(producer, topic, partitions)
    // A test that has failed closes the producer and does not ask any more.
    this.#sent.catch(() => {})
  }

  /** How many records were sent. */
  stop(): Promise<number> {
    this.#running = false
    return this.#sent
  }

  async #run(producer: Producer, topic: string, partitions: number): Promise<number> {
    let sent = 0
    while (this.#running) {
      const records = Array.from({ length: partitions }, (_, partition) => ({
        partition,
        value: `value-${sent++}`,
      }))
      await producer.send(batchOf(topic, records))
      await wait(2)
    }
    return sent
  }
}

const assignedTo = (member: Member): string[] =>
  member.events.filter(({ call }) => call === 'assigned').flatMap(({ partitions }) => partitions)

const without = (member: Member, call: string): boolean =>
  member.events.every((event) => event.call !== call)

export const rebalanceTests: TransportTests = {
  'partitions are shared by the members, also of another transport': async ({
    topic,
    name,
    producer,
    member,
    another,
  }) => {
    const input = await topic(4)
    const options = { group: name('group'), topics: [input] }
    const first = await member(options)
    await first.until('all partitions', () => first.owned.size === 4)
    const second = await member(options, await another())
    await shared([first, second], 4)
    const records = [0, 1, 2, 3].map((partition) => ({ partition, value: `of ${partition}` }))
    await (await producer()).send(batchOf(input, records))
    await first.until('its records', () => first.inbox.records.length === first.owned.size)
    await second.until('its records', () => second.inbox.records.length === second.owned.size)
    for (const reader of [first, second]) {
      assert.deepEqual(reader.inbox.records.map(place).sort(), reader.ownedNames)
    }
  },

  'partitions of the same number go to the same member': async ({ topic, name, member }) => {
    const topics = [await topic(6), await topic(6)]
    const options = { group: name('group'), topics }
    const members = [await member(options)]
    for (const count of [2, 3]) {
      members.push(await member(options))
      await shared(members, 12)
      for (const { owned } of members) {
        const [left, right] = topics.map((name) =>
          [...owned.values()]
            .filter((partition) => partition.topic === name)
            .map(({ partition }) => partition)
            .sort(),
        )
        assert.deepEqual(left, right, `with ${count} members`)
      }
    }
  },

  'a partition moves once its revocation has settled, and not before': async ({
    topic,
    name,
    producer,
    member,
  }) => {
    const input = await topic(2)
    const options = { group: name('group'), topics: [input] }
    let open: () => void = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const released = new Set<string>()
    const first = await member({
      ...options,
      onRevoked: async (reader, partitions) => {
        await gate
        await reader.commit(partitions)
        for (const partition of partitions) released.add(place(partition))
      },
    })
    const early: string[] = []
    await first.until('both partitions', () => first.owned.size === 2)
    const values = texts('value', 6)
    const records = values.map((value, number) => ({ partition: number % 2, value }))
    await (await producer()).send(batchOf(input, records))
    await first.until('the records', () => first.inbox.records.length === 6)
    const second = await member({
      ...options,
      start: async (consumer, partitions) => {
        for (const partition of partitions)
          if (!released.has(place(partition))) early.push(place(partition))
        const committed = await consumer.committed(partitions)
        return partitions.map((partition) => {
          const found = committed.find((position) => place(position) === place(partition))
          return { ...partition, offset: found?.offset ?? 0 }
        })
      },
    })
    await first.until('the revocation', () => first.events.some(({ call }) => call === 'revoked'))
    const polls = second.polls
    await second.until('ten polls', () => second.polls >= polls + 10)
    assert.deepEqual(assignedTo(second), [], 'a partition moved before its revocation had settled')
    open()
    await shared([first, second], 2)
    assert.deepEqual(early, [])
    await (await producer()).send(
      batchOf(
        input,
        [0, 1].map((partition) => ({ partition, value: 'end' })),
      ),
    )
    for (const reader of [first, second]) {
      await reader.until('its last record', () => reader.inbox.records.at(-1)?.value === 'end')
    }
    // What the first member had read and committed while it was revoked is not read again.
    const read = [first, second].flatMap(({ inbox }) => inbox.records.map(({ value }) => value))
    assert.deepEqual(read.sort(), [...values, 'end', 'end'].sort())
  },

  'no record is lost or doubled when partitions move': async ({
    topic,
    name,
    producer,
    member,
  }) => {
    const input = await topic(4)
    const options = { group: name('group'), topics: [input] }
    const pump = new Pump(await producer(), input, 4)
    const members = [await member(options)]
    const received = (): number => members.reduce((sum, { inbox }) => sum + inbox.records.length, 0)
    await members[0]?.until('some records', () => received() > 0)
    for (let round = 0; round < 2; round++) {
      members.push(await member(options))
      await shared(members, 4)
    }
    const leaver = members[0] as Member
    await leaver.stop()
    await leaver.commit()
    await leaver.consumer.close()
    const rest = members.slice(1)
    await shared(rest, 4)
    const sent = await pump.stop()
    for (const reader of rest) await reader.until('every record', () => received() >= sent)
    const values = members.flatMap(({ inbox }) => inbox.records.map(({ value }) => value))
    assert.equal(values.length, sent)
    assert.equal(new Set(values).size, sent)
  },

  'a member that leaves hands its partitions to the others': async ({ topic, name, member }) => {
    const input = await topic(4)
    const options = { group: name('group'), topics: [input] }
    const [first, second] = [await member(options), await member(options)]
    await shared([first, second], 4)
    await first.close()
    await second.until('all partitions', () => second.owned.size === 4)
  },

  'a close calls no listener': async ({ topic, name, member }) => {
    const input = await topic(2)
    const reader = await member({ group: name('group'), topics: [input] })
    await reader.until('the assignment', () => reader.owned.size === 2)
    const calls = reader.events.length
    await reader.close()
    assert.equal(reader.events.length, calls)
    assert.ok(without(reader, 'revoked') && without(reader, 'lost'))
  },

  'a member of one topic is left alone when a group of another one changes': async ({
    topic,
    name,
    member,
  }) => {
    const [left, right] = [await topic(2), await topic(2)]
    const alone = await member({ group: name('group'), topics: [left] })
    await alone.until('the assignment', () => alone.owned.size === 2)
    const other = { group: name('group'), topics: [right] }
    const members = [await member(other), await member(other)]
    await shared(members, 2)
    assert.deepEqual(alone.events.length, 1)
  },

  'a member that comes back under its instance id keeps its partitions': async ({
    topic,
    name,
    member,
  }) => {
    const options = { group: name('group'), topics: [await topic(4)] }
    const first = await member({ ...options, instanceId: 'first' })
    const second = await member({ ...options, instanceId: 'second' })
    await shared([first, second], 4)
    const [mine, calls] = [first.ownedNames, second.events.length]
    await first.close()
    const again = await member({ ...options, instanceId: 'first' })
    await again.until('its partitions', () => again.owned.size > 0)
    assert.deepEqual(again.ownedNames, mine)
    assert.equal(second.events.length, calls)
  },

  'a member whose instance id is taken over is fenced': async ({ topic, name, member }) => {
    const input = await topic(2)
    const options = { group: name('group'), topics: [input], instanceId: 'only' }
    const first = await member(options)
    await first.until('the assignment', () => first.owned.size === 2)
    const second = await member(options)
    await second.until('the assignment', () => second.owned.size === 2)
    await expectCode('GOKA_TRANSPORT_FENCED', async () => {
      throw await first.untilFault()
    })
    // Its commits would be refused: nobody may be told that they are good.
    assert.ok(without(first, 'revoked'))
    const position = { topic: input, partition: 0, offset: 1 }
    await expectCode('GOKA_TRANSPORT_FENCED', () => first.consumer.commit([position]))
    assert.deepEqual(await second.consumer.committed([position]), [])
    await second.consumer.commit([position])
  },

  'a group that was left is found again': async ({ topic, name, member }) => {
    const options = { group: name('group'), topics: [await topic(2)] }
    for (let round = 0; round < 3; round++) {
      const reader = await member(options)
      await reader.until('the assignment', () => reader.owned.size === 2)
      await eventually(() => reader.close())
    }
  },
}

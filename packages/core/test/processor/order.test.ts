import { string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { Gate, Notes, settle } from '../waiting.ts'

const one = stream('one', string)
const two = stream('two', string)

describe('callbacks', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('one', 2)
    await cluster.createTopic('two', 2)
  })
  afterEach(() => cluster.close())

  it('see the records of a partition in the order of their offsets', async () => {
    const seen = new Notes<string>()
    const group = defineGroup('ordered').input(one, (ctx, message) => {
      seen.add(`${ctx.partition}:${ctx.offset}:${message}`)
    })
    await cluster.started(group, 2)
    for (let batch = 0; batch < 5; batch++) {
      await cluster.produce(
        'one',
        Array.from({ length: 100 }, (_, index) => ({
          key: `key-${index}`,
          value: `${batch * 100 + index}`,
          partition: index % 2,
        })),
      )
    }
    const notes = await seen.until(500)
    for (const partition of [0, 1]) {
      const own = notes.filter((note) => note.startsWith(`${partition}:`))
      expect(own).toEqual(
        Array.from({ length: 250 }, (_, index) => `${partition}:${index}:${index * 2 + partition}`),
      )
    }
  })

  it('see one record of a partition at a time, over all inputs, also when they are asynchronous', async () => {
    let underway = 0
    let most = 0
    const seen = new Notes<string>()
    const gates = [new Gate(), new Gate(), new Gate(), new Gate()]
    const callback = async (ctx: { readonly topic: string }, message: string): Promise<void> => {
      most = Math.max(most, ++underway)
      const index = seen.items.length
      seen.add(`${ctx.topic}:${message}`)
      await gates[index]?.promise
      underway--
    }
    const group = defineGroup('serial').input(one, callback).input(two, callback)
    await cluster.produce('one', [
      { key: 'a', value: '1', partition: 0 },
      { key: 'b', value: '2', partition: 0 },
    ])
    await cluster.produce('two', [
      { key: 'c', value: '1', partition: 0 },
      { key: 'd', value: '2', partition: 0 },
    ])
    await cluster.started(group, 2)
    for (let index = 0; index < 4; index++) {
      await seen.until(index + 1)
      await settle()
      expect(seen.items).toHaveLength(index + 1)
      gates[index]?.open()
    }
    await settle()
    expect(most).toBe(1)
    const byTopic = (topic: string) => seen.items.filter((note) => note.startsWith(topic))
    expect([byTopic('one'), byTopic('two')]).toEqual([
      ['one:1', 'one:2'],
      ['two:1', 'two:2'],
    ])
  })

  it('of one partition do not wait for those of another', async () => {
    const seen = new Notes<number>()
    const gate = new Gate()
    const group = defineGroup('apart').input(one, async (ctx) => {
      if (ctx.partition === 0) await gate.promise
      seen.add(ctx.partition)
    })
    await cluster.started(group, 2)
    await cluster.produce('one', [
      { key: 'a', value: 'v', partition: 0 },
      { key: 'b', value: 'v', partition: 1 },
      { key: 'b', value: 'v', partition: 1 },
    ])
    expect(await seen.until(2)).toEqual([1, 1])
    gate.open()
    expect(await seen.until(3)).toEqual([1, 1, 0])
  })

  it('are given the whole record: topic, partition, offset, time, headers, group', async () => {
    const seen = new Notes<unknown>()
    const group = defineGroup('facts').input(one, (ctx, message) => {
      const { key, topic, partition, offset, timestamp, headers } = ctx
      const names = headers.map(
        ({ name, value }) => `${name}=${value === null ? null : Buffer.from(value).toString()}`,
      )
      seen.add([message, key, topic, partition, offset, timestamp, names, ctx.group])
    })
    await cluster.started(group, 2)
    await cluster.produce('one', [
      {
        key: 'ключ',
        value: 'v',
        partition: 1,
        timestampMs: 1_234,
        headers: [
          { name: 'n', value: Buffer.from('1') },
          { name: 'm', value: null },
          { name: 'n', value: Buffer.from('2') },
        ],
      },
      { key: null, value: 'w', partition: 1, timestampMs: 1_235 },
    ])
    expect(await seen.until(2)).toEqual([
      ['v', 'ключ', 'one', 1, 0, 1_234, ['n=1', 'm=null', 'n=2'], 'facts'],
      ['w', '', 'one', 1, 1, 1_235, [], 'facts'],
    ])
  })

  it('log with the group and the partition', async () => {
    const seen = new Notes<string>()
    const group = defineGroup('logging').input(one, (ctx, message) => {
      ctx.log.info({ message }, 'seen by the callback')
      seen.add(message)
    })
    await cluster.started(group, 2)
    await cluster.produce('one', [{ key: 'a', value: 'v', partition: 1 }])
    await seen.until(1)
    expect(cluster.log.find('info', 'seen by the callback')).toEqual([
      {
        level: 'info',
        facts: { group: 'logging', partition: 1, message: 'v' },
        message: 'seen by the callback',
      },
    ])
  })
})

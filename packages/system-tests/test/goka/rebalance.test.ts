import { integer, string } from '@goka/codecs'
import { defineGroup, fnv1a, stream, type TableReport, table } from '@goka/core'
import { sharedBroker } from '@goka/kafka-broker'
import { describe, expect, it } from '@jest/globals'
import { eventually } from '../../src/eventually.ts'
import { hasPartitions, Instances } from '../../src/instances.ts'

const compacted = { 'cleanup.policy': 'compact' }

function keyOf(partition: number, partitions: number): string {
  for (let index = 0; ; index++) {
    const key = `key-${index}`
    if (fnv1a.partition(key, partitions) === partition) return key
  }
}

describe.each(['at-least-once', 'exactly-once'] as const)(
  'instances of a group, %s',
  (guarantee) => {
    const joining = (name: string) => {
      const input = stream(name, string)
      const joined = table(`${name}-joined`, string)
      const group = defineGroup(name)
        .persist(string)
        .join(joined)
        .input(input, (ctx, message) => ctx.setValue(message))
      return { input, joined, group, asStream: stream(joined.topic, string) }
    }

    it('have, as a standby, group table and join of all partitions in their stores, and otherwise of their own', async () => {
      await using instances = await Instances.make(sharedBroker())
      const { name } = instances
      const { group, input, joined, asStream } = joining(name)
      await instances.createTopic(input.topic, 2)
      await instances.createTopic(joined.topic, 2, compacted)
      const one = instances.start(group, 'one', { guarantee })
      const two = instances.start(group, 'two', { guarantee, standby: 'all' })
      await Promise.all([hasPartitions(one.runner, 1), hasPartitions(two.runner, 1)])
      const keys = [keyOf(0, 2), keyOf(1, 2)]
      await instances.emit(
        input,
        keys.map((key) => [key, `state of ${key}`] as const),
      )
      await instances.emit(
        asStream,
        keys.map((key) => [key, `join of ${key}`] as const),
      )
      await eventually(async () => {
        const isRead = (each: TableReport): boolean => each.position > 0 && each.lag <= 0
        const { partitions, standbys } = two.runner.report()
        const tables = [...partitions.flatMap((partition) => partition.tables), ...standbys]
        expect(tables.map(isRead)).toEqual([true, true, true, true])
        const others = one.runner.report().partitions.flatMap((partition) => partition.tables)
        expect(others.map(isRead)).toEqual([true, true])
      })
      const [own] = one.runner.partitions as [number]
      await Promise.all([one.runner.stop(), two.runner.stop()])
      const stored = async (place: string): Promise<unknown> =>
        await Promise.all(
          [0, 1].map(async (partition) => [
            await instances.stored(place, name, group.table.topic, partition),
            await instances.stored(place, name, joined.topic, partition),
          ]),
        )
      const all = keys.map((key) => [{ [key]: `state of ${key}` }, { [key]: `join of ${key}` }])
      expect(await stored('two')).toEqual(all)
      expect(await stored('one')).toEqual(
        all.map((each, index) => (index === own ? each : [{}, {}])),
      )
    })

    it('that recover ahead have the tables of a partition, whoever processes it', async () => {
      await using instances = await Instances.make(sharedBroker())
      const { name } = instances
      const { group, input, joined, asStream } = joining(name)
      await instances.createTopic(input.topic, 1)
      await instances.createTopic(joined.topic, 1, compacted)
      await instances.emit(asStream, [['key', 'join']])
      await instances.emit(input, [['key', 'state']])
      const one = await instances.started(group, 'one', 1, { guarantee, recoverAhead: true })
      await eventually(async () => expect(await one.runner.get('key')).toBe('state'))
      const two = instances.start(group, 'two', { guarantee, recoverAhead: true })
      await two.runner.state.until('running')
      await Promise.all([one.runner.stop(), two.runner.stop()])
      for (const place of ['one', 'two']) {
        expect(await instances.stored(place, name, group.table.topic, 0)).toEqual({ key: 'state' })
        expect(await instances.stored(place, name, joined.topic, 0)).toEqual({ key: 'join' })
      }
    })

    it('come and go, five of them, under load without an error, and lose nothing', async () => {
      await using instances = await Instances.make(sharedBroker())
      const { name } = instances
      const input = stream(name, integer)
      await instances.createTopic(name, 20)
      const group = defineGroup(name)
        .persist(integer)
        .input(input, (ctx) => ctx.setValue((ctx.value() ?? 0) + 1))
      const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`)
      const emitter = instances.goka().emitter(input)
      let emitting = true
      let rounds = 0
      const load = (async () => {
        for (; emitting; rounds++) await Promise.all(keys.map((key) => emitter.emit(key, 1)))
      })()
      const options = { guarantee, standby: 'all', recoverAhead: true } as const
      const start = (place: string) => instances.start(group, place, options)
      const members: ReturnType<typeof start>[] = []
      for (let index = 0; index < 5; index++) {
        members.push(start(`member-${index}`))
        const share = 20 / (index + 1)
        await eventually(() => {
          const counts = members.map(({ runner }) => runner.partitions.length)
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20)
          expect(Math.min(...counts)).toBeGreaterThanOrEqual(Math.floor(share))
        })
      }
      const last = members.pop() as ReturnType<typeof start>
      for (const { runner, run } of members) {
        await runner.stop()
        await run
      }
      await hasPartitions(last.runner, 20)
      emitting = false
      await load
      await emitter.close()
      await eventually(async () => {
        const values = await Promise.all(keys.map((key) => last.runner.get(key)))
        // A member that is slow enough to lose its place may have work done again.
        if (guarantee === 'exactly-once') expect(values).toEqual(keys.map(() => rounds))
        else for (const value of values) expect(value).toBeGreaterThanOrEqual(rounds)
      })
      await last.runner.stop()
      await last.run
    })

    it('share 20 partitions, those of the others as standbys, and take all when the other stops', async () => {
      await using instances = await Instances.make(sharedBroker())
      const { name } = instances
      const input = stream(name, integer)
      await instances.createTopic(name, 20)
      const group = defineGroup(name)
        .persist(integer)
        .input(input, (ctx) => ctx.setValue((ctx.value() ?? 0) + 1))
      const options = { guarantee, standby: 'all' } as const
      const one = await instances.started(group, 'one', 20, options)
      expect(one.runner.report().standbys).toEqual([])
      const two = instances.start(group, 'two', options)
      for (const { runner } of [one, two]) {
        await hasPartitions(runner, 10)
        await eventually(() => expect(runner.report().standbys).toHaveLength(10))
      }
      await one.runner.stop()
      await one.run
      await hasPartitions(two.runner, 20)
      expect(two.runner.report().standbys).toEqual([])
    })
  },
)

import { integer, string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { sharedBroker } from '@goka/kafka-broker'
import { expect, it } from '@jest/globals'
import { eventually } from '../src/eventually.ts'
import { Instances } from '../src/instances.ts'

it.each(['at-least-once', 'exactly-once'] as const)(
  'a table that somebody else has written to is read anew, and not before, %s',
  async (guarantee) => {
    await using instances = await Instances.make(sharedBroker())
    const { name } = instances
    await instances.createTopic(name, 1)
    const input = stream(name, string)
    const group = defineGroup(name)
      .persist(integer)
      .input(input, (ctx) => ctx.setValue((ctx.value() ?? 0) + 1))
    const { runner } = await instances.started(group, 'one', 1, { guarantee })
    for (let count = 1; count <= 5; count++) {
      await instances.emit(input, [['a', 'v']])
      await eventually(async () => expect(await runner.get('a')).toBe(count))
    }
    expect(runner.report().restarts).toBe(0)
    await instances.emit(stream(`${name}-table`, integer), [['b', 7]])
    await instances.emit(input, [['a', 'v']])
    await eventually(async () => expect(await runner.get('b')).toBe(7))
    expect(await runner.get('a')).toBe(6)
    expect(runner.report().restarts).toBe(1)
  },
)

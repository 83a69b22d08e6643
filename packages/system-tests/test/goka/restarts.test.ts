import { int64, integer, string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { sharedBroker } from '@goka/kafka-broker'
import { describe, expect, it } from '@jest/globals'
import { eventually } from '../../src/eventually.ts'
import { Instances, rejection } from '../../src/instances.ts'

describe.each(['at-least-once', 'exactly-once'] as const)('restarts, %s', (guarantee) => {
  it('do not count a record again that was committed', async () => {
    await using instances = await Instances.make(sharedBroker())
    const { name } = instances
    const input = stream(name, int64)
    await instances.createTopic(name, 1)
    const group = defineGroup(name)
      .persist(int64)
      .input(input, (ctx, message) => ctx.setValue((ctx.value() ?? 0n) + message))
    await instances.emit(
      input,
      Array.from({ length: 10 }, () => ['key', 1n] as const),
    )
    for (let time = 0; time < 3; time++) {
      const { runner, run } = await instances.started(group, 'one', 1, { guarantee })
      await eventually(async () => expect(await runner.get('key')).toBe(10n))
      await runner.stop()
      await run
      expect(await instances.committed(name, name)).toEqual(new Map([[0, 10]]))
    }
    // What else came in would have been behind a record that tells where the end is.
    await instances.emit(input, [['key', 100n]])
    const { runner } = await instances.started(group, 'one', 1, { guarantee })
    await eventually(async () => expect(await runner.get('key')).toBe(110n))
  })

  it('read again the record whose callback failed, and not the one before it', async () => {
    await using instances = await Instances.make(sharedBroker())
    const { name } = instances
    const input = stream(name, string)
    await instances.createTopic(name, 1)
    const seen: string[] = []
    const group = (fails: boolean) =>
      defineGroup(name).input(input, (ctx, message) => {
        seen.push(message)
        if (fails && message === '2') ctx.fail(new Error('oops'))
      })
    const { run } = await instances.started(group(true), 'one', 1, { guarantee })
    await instances.emit(input, [
      ['key', '1'],
      ['key', '2'],
    ])
    expect(await rejection(run)).toMatchObject({ details: { offset: 1 } })
    expect(seen).toEqual(['1', '2'])
    await instances.started(group(false), 'one', 1, { guarantee })
    await instances.emit(input, [['key', '3']])
    await eventually(() => expect(seen).toContain('3'))
    expect(seen).toEqual(['1', '2', '2', '3'])
  })

  it('in order, ten times under load and without stores, count everything once', async () => {
    await using instances = await Instances.make(sharedBroker())
    const { name } = instances
    const input = stream(name, integer)
    await instances.createTopic(name, 2)
    const group = defineGroup(name)
      .persist(integer)
      .input(input, (ctx, message) => ctx.setValue((ctx.value() ?? 0) + message))
    const keys = Array.from({ length: 10 }, (_, index) => `key-${index}`)
    const emitter = instances.goka().emitter(input)
    let emitting = true
    let rounds = 0
    const load = (async () => {
      for (; emitting; rounds++) await Promise.all(keys.map((key) => emitter.emit(key, 1)))
    })()
    for (let time = 0; time < 10; time++) {
      const { runner, run } = await instances.started(group, `new-${time}`, 2, { guarantee })
      await eventually(() => expect(runner.report().commits.records).toBeGreaterThan(0))
      await runner.stop()
      await run
      expect(await rejection(runner.run())).toMatchObject({ code: 'GOKA_RUN_TWICE' })
    }
    emitting = false
    await load
    await emitter.close()
    const view = await instances.view(group.table)
    await instances.started(group, 'last', 2, { guarantee })
    await eventually(async () => {
      const values = await Promise.all(keys.map((key) => view.runner.get(key)))
      expect(values).toEqual(keys.map(() => rounds))
    })
  })
})

import { int64, integer, string } from '@goka/codecs'
import { defineGroup, type Stream, stream } from '@goka/core'
import { isGokaError } from '@goka/interface'
import { sharedBroker } from '@goka/kafka-broker'
import { expect, it } from '@jest/globals'
import { eventually } from '../../src/eventually.ts'
import { Instances, rejection } from '../../src/instances.ts'

it('100,000 records that nobody waits for get offsets that rise in the order of the calls', async () => {
  await using instances = await Instances.make(sharedBroker())
  const { name } = instances
  await instances.createTopic(name, 1)
  const emitter = instances.goka().emitter(stream(name, integer))
  const settled: number[] = []
  const emits: Promise<void>[] = []
  for (let number = 0; number < 100_000; number++) {
    const emitted = emitter.emit(`key-${number % 1_000}`, number)
    emits.push(emitted.then(({ offset }) => void settled.push(offset)))
  }
  await Promise.all(emits)
  await emitter.close()
  expect(settled).toHaveLength(100_000)
  expect(settled.findIndex((offset, index) => offset !== index)).toBe(-1)
})

it.each(['at-least-once', 'exactly-once'] as const)(
  'five inputs of one key add up exactly, for the processor and for a view: %s',
  async (guarantee) => {
    await using instances = await Instances.make(sharedBroker())
    const { name } = instances
    const inputs = Array.from({ length: 5 }, (_, index) => stream(`${name}-${index}`, int64))
    for (const { topic } of inputs) await instances.createTopic(topic, 2)
    const group = defineGroup(name)
      .persist(int64)
      .inputs(inputs, (ctx, message) => ctx.setValue((ctx.value() ?? 0n) + message))
    const { runner, run } = await instances.started(group, 'one', 2, { guarantee })
    const view = await instances.view(group.table)
    let sum = 0n
    await Promise.all(
      inputs.map(async (input, index) => {
        const emitter = instances.goka().emitter(input)
        const underWay: Promise<unknown>[] = []
        for (let number = 1; number <= 200; number++) {
          const value = BigInt(number * (index + 1))
          sum += value
          const emitted = emitter.emit('key', value)
          // Some one by one, most of them together.
          if (number % 40 < 3) await emitted
          else underWay.push(emitted)
        }
        await Promise.all(underWay)
        await emitter.close()
      }),
    )
    await eventually(async () => {
      expect([await runner.get('key'), await view.runner.get('key')]).toEqual([sum, sum])
    })
    await Promise.all([runner.stop(), view.runner.stop()])
    await Promise.all([run, view.run])
  },
)

it('a callback that emits to what is not declared ends the run; what came before is committed', async () => {
  await using instances = await Instances.make(sharedBroker())
  const { name } = instances
  const input = stream(name, integer)
  const output = stream(`${name}-output`, string)
  const undeclared = stream(`${name}-undeclared`, string)
  await instances.createTopic(name, 1)
  const group = defineGroup(name)
    .persist(integer)
    .output(output)
    .input(input, (ctx, message) => {
      ctx.setValue((ctx.value() ?? 0) + 1)
      if (message === 9_995) ctx.emit(undeclared as Stream<string> as typeof output, 'key', 'value')
    })
  await instances.createTopic(output.topic, 1)
  const { run } = await instances.started(group, 'one', 1)
  await instances.emit(
    input,
    Array.from({ length: 10_000 }, (_, number) => [`key-${number}`, number] as const),
  )
  expect(await rejection(run)).toMatchObject({
    code: 'GOKA_PROCESSOR_CALLBACK',
    details: { topic: name, offset: 9_995, key: 'key-9995' },
    cause: { code: 'GOKA_PROCESSOR_CONTEXT', details: { operation: 'emit' } },
  })
  expect(await instances.committed(name, name)).toEqual(new Map([[0, 9_995]]))
})

it('a slow callback that fails ends the run while records keep coming to all partitions', async () => {
  await using instances = await Instances.make(sharedBroker())
  const { name } = instances
  const input = stream(name, string)
  await instances.createTopic(name, 2)
  const group = defineGroup(name)
    .persist(integer)
    .input(input, async (ctx, message) => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      ctx.setValue((ctx.value() ?? 0) + 1)
      if (message === 'bad') throw new Error('oops')
    })
  const { runner, run } = await instances.started(group, 'one', 2)
  const ended = rejection(run)
  const emitter = instances.goka().emitter(input)
  let emitting = true
  const load = (async () => {
    while (emitting) {
      await Promise.all(
        Array.from({ length: 50 }, (_, index) => emitter.emit(`key-${index}`, 'good')),
      )
    }
  })()
  await eventually(() => expect(runner.report().commits.records).toBeGreaterThan(100))
  await emitter.emit('key', 'bad')
  const error = await ended
  expect(isGokaError(error, 'GOKA_PROCESSOR_CALLBACK')).toBe(true)
  expect(error).toMatchObject({ details: { key: 'key' }, cause: { message: 'oops' } })
  expect(runner.state.current).toBe('stopped')
  emitting = false
  await load
  await emitter.close()
})

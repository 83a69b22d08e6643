import { int64, string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { memory } from '@goka/storage-memory'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from './cluster.ts'
import { eventually } from './waiting.ts'

const examples = stream('example-stream', string)
const counter = defineGroup('example-group')
  .persist(int64)
  .input(examples, (ctx) => {
    ctx.setValue((ctx.value() ?? 0n) + 1n)
  })

describe.each(['at-least-once', 'exactly-once'] as const)('a counting group, %s', (guarantee) => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('example-stream', 4)
  })
  afterEach(() => cluster.close())

  it('counts what is emitted, into its table, for views to see', async () => {
    const goka = cluster.goka()
    const processor = goka.processor(counter, { guarantee })
    const running = processor.run()
    const emitter = goka.emitter(examples)
    const emitted = []
    for (let index = 0; index < 1000; index++) {
      emitted.push(emitter.emit(`key-${index % 100}`, 'some-value'))
    }
    await Promise.all(emitted)
    await processor.state.until('running')
    const view = goka.view(counter.table)
    const viewing = view.run()
    await view.state.until('running')
    await eventually(async () => (await view.get('key-99')) === 10n)
    await eventually(async () => (await view.get('key-0')) === 10n)
    await eventually(async () => (await processor.get('key-7')) === 10n)
    const entries = []
    for await (const entry of view.entries()) entries.push(entry)
    expect(entries).toHaveLength(100)
    expect(entries.map(([key]) => key)).toEqual(entries.map(([key]) => key).sort())
    await Promise.all([processor.stop(), view.stop(), emitter.close()])
    await Promise.all([running, viewing])
    expect(processor.state.current).toBe('stopped')
  })

  it('goes on after a restart, and with an empty store from the changelog', async () => {
    for (let round = 1n; round <= 3n; round++) {
      const goka = cluster.goka({ storage: memory() })
      const processor = goka.processor(counter, { guarantee })
      const running = processor.run()
      const emitter = goka.emitter(examples)
      await emitter.emit('some-key', 'some-value')
      await eventually(async () => (await processor.get('some-key')) === round)
      await processor.stop()
      await running
      await emitter.close()
    }
  })

  it('shares the partitions with a second instance, which takes over the state', async () => {
    const one = cluster.goka().processor(counter, { guarantee })
    const two = cluster.goka().processor(counter, { guarantee })
    const goka = cluster.goka()
    const emitter = goka.emitter(examples)
    const runs = [one.run()]
    await eventually(() => one.partitions.length === 4)
    for (let index = 0; index < 100; index++) void emitter.emit(`key-${index}`, 'v')
    await emitter.flush()
    runs.push(two.run())
    await eventually(() => one.partitions.length === 2 && two.partitions.length === 2)
    for (let index = 0; index < 100; index++) void emitter.emit(`key-${index}`, 'v')
    await emitter.flush()
    await one.stop()
    await eventually(() => two.partitions.length === 4)
    for (let index = 0; index < 100; index++) void emitter.emit(`key-${index}`, 'v')
    await emitter.flush()
    const view = goka.view(counter.table)
    const viewing = view.run()
    await view.state.until('running')
    await eventually(async () => {
      for (let index = 0; index < 100; index++) {
        expect(await view.get(`key-${index}`)).toBe(3n)
      }
      return true
    })
    await Promise.all([two.stop(), view.stop(), emitter.close()])
    await Promise.all([...runs, viewing])
  })
})

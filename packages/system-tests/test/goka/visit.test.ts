import { int64, string } from '@goka/codecs'
import { defineGroup, fnv1a, stream } from '@goka/core'
import { sharedBroker } from '@goka/kafka-broker'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '../../src/eventually.ts'
import { hasPartitions, Instances, rejection } from '../../src/instances.ts'

describe.each(['at-least-once', 'exactly-once'] as const)('a visit, %s', (guarantee) => {
  let instances: Instances
  beforeEach(async () => {
    instances = await Instances.make(sharedBroker())
    await instances.createTopic(instances.name, 10)
  })
  afterEach(() => instances[Symbol.asyncDispose]())

  const counting = () =>
    defineGroup(instances.name)
      .persist(int64)
      .input(stream(instances.name, string), (ctx) => ctx.setValue(1n))

  /** Emits a message for each key and waits until all are in the tables of these instances. */
  async function fill(
    keys: readonly string[],
    runner: { get(key: string): Promise<bigint | undefined> },
  ): Promise<void> {
    await instances.emit(
      stream(instances.name, string),
      keys.map((key) => [key, 'value'] as const),
    )
    await eventually(async () => {
      const values = await Promise.all(keys.map((key) => runner.get(key)))
      expect(values).toEqual(keys.map(() => 1n))
    })
  }
  const numbered = (count: number) => Array.from({ length: count }, (_, index) => `key-${index}`)
  /** Two keys of one partition. */
  const neighbours = (): [string, string] => {
    const first = 'key-0'
    const isNear = (key: string) => fnv1a.partition(key, 10) === fnv1a.partition(first, 10)
    const second = numbered(1_000).find((key) => key !== first && isNear(key))
    return [first, second as string]
  }

  it('sets the values that its message says', async () => {
    const group = counting().visitor('set', (ctx, value: bigint) => ctx.setValue(value))
    const { runner, run } = await instances.started(group, 'one', 10, { guarantee })
    await fill(['key'], runner)
    expect(await runner.visitAll('set', 25n)).toBe(1)
    expect(await runner.get('key')).toBe(25n)
    await runner.stop()
    await run
  })

  it.each([1, 2_000])(
    'whose visitor fails ends with the error, and so does the processor: %d keys',
    async (count) => {
      const group = counting().visitor('set', async (ctx, value: bigint) => {
        await Promise.resolve()
        ctx.setValue(value)
      })
      const { runner, run } = await instances.started(group, 'one', 10, { guarantee })
      await fill(numbered(count), runner)
      const visit = rejection(runner.visitAll('set', 'no number'))
      const failed = { code: 'GOKA_PROCESSOR_CALLBACK', details: { topic: 'set' } }
      expect(await rejection(run)).toMatchObject(failed)
      expect(await visit).toMatchObject(failed)
      const view = await instances.view(group.table)
      expect(await view.runner.get('key-0')).toBe(1n)
    },
  )

  it('that is cancelled on its way ends with the reason, and the processor goes on', async () => {
    const [first, second] = neighbours()
    const cancel = new AbortController()
    const seen: string[] = []
    const group = counting().visitor('set', (ctx, value: bigint) => {
      seen.push(ctx.key)
      ctx.setValue(value)
      cancel.abort(new Error('enough'))
    })
    const { runner, run } = await instances.started(group, 'one', 10, { guarantee })
    await fill([first, second], runner)
    const visit = runner.visitAll('set', 42n, { signal: cancel.signal })
    expect(await rejection(visit)).toMatchObject({ message: 'enough' })
    expect(seen).toHaveLength(1)
    const unseen = [first, second].find((key) => key !== seen[0]) as string
    await eventually(async () => expect(await runner.get(seen[0] as string)).toBe(42n))
    expect(await runner.get(unseen)).toBe(1n)
    expect(await runner.visitAll('set', 43n)).toBe(2)
    expect([await runner.get(first), await runner.get(second)]).toEqual([43n, 43n])
    await runner.stop()
    await run
  })

  it('that is cancelled with very many keys to go does not hold up a stop', async () => {
    const cancel = new AbortController()
    let visited = 0
    const group = counting().visitor('slow', async () => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      if (++visited === 20) cancel.abort(new Error('enough'))
    })
    const { runner, run } = await instances.started(group, 'one', 10, { guarantee })
    await fill(numbered(2_000), runner)
    const visit = runner.visitAll('slow', undefined, { signal: cancel.signal })
    expect(await rejection(visit)).toMatchObject({ message: 'enough' })
    expect(runner.state.current).toBe('running')
    await runner.stop()
    await run
    expect(visited).toBeLessThan(200)
  })

  it('is aborted when the processor stops, which ends well', async () => {
    let visited = 0
    let stopping: Promise<void> | undefined
    const group = counting().visitor('slow', async () => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      if (++visited === 20) stopping = runner.stop()
    })
    const { runner, run } = await instances.started(group, 'one', 10, { guarantee })
    await fill(numbered(1_000), runner)
    expect(await rejection(runner.visitAll('slow'))).toMatchObject({ code: 'GOKA_VISIT_ABORTED' })
    await stopping
    await run
    expect(visited).toBeGreaterThanOrEqual(20)
    expect(visited).toBeLessThan(1_000)
  })

  it('is aborted when another instance comes, and both end well', async () => {
    const other: { started?: ReturnType<typeof start> } = {}
    const group = counting().visitor('slow', async () => {
      other.started ??= start('two')
      await new Promise((resolve) => setTimeout(resolve, 50))
    })
    const start = (place: string) => instances.start(group, place, { guarantee })
    const one = await instances.started(group, 'one', 10, { guarantee })
    await fill(numbered(5_000), one.runner)
    const visit = rejection(one.runner.visitAll('slow'))
    expect(await visit).toMatchObject({ code: 'GOKA_VISIT_ABORTED' })
    const two = other.started as ReturnType<typeof start>
    await Promise.all([hasPartitions(one.runner, 5), hasPartitions(two.runner, 5)])
    for (const { runner, run } of [one, two]) {
      await runner.stop()
      await run
    }
  })
})

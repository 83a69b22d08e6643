import { int64, string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { eventually, Notes, rejection } from '../waiting.ts'

const input = stream('input', string)
const counter = defineGroup('group')
  .persist(int64)
  .input(input, (ctx) => ctx.setValue((ctx.value() ?? 0n) + 1n))

describe('a processor', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('input', 2)
  })
  afterEach(() => cluster.close())

  it('tells its listener what happens to partitions', async () => {
    const seen = new Notes<string>()
    const { runner } = await cluster.started(counter, 2, {
      listener: {
        assigned: (partitions) => seen.add(`assigned ${partitions.join()}`),
        running: (partitions) => seen.add(`running ${partitions.join()}`),
        revoked: (partitions) => seen.add(`revoked ${partitions.join()}`),
      },
    })
    const other = cluster.start(counter)
    await eventually(() => other.runner.partitions.length === 1)
    expect(seen.items.slice(3)).toEqual(['revoked 1'])
    await runner.stop()
    expect(seen.items[0]).toBe('assigned 0,1')
    expect([...seen.items.slice(1, 3)].sort()).toEqual(['running 0', 'running 1'])
    expect(seen.items.slice(3)).toEqual(['revoked 1', 'revoked 0'])
  })

  it('tells its listener of the partitions that it loses when it starts again after a fault', async () => {
    const seen = new Notes<string>()
    const tell = (change: string) => (partitions: readonly number[]) =>
      seen.add(`${change} ${partitions.join()}`)
    const { runner } = await cluster.started(counter, 2, {
      restart: { initialMs: 1 },
      listener: { assigned: tell('assigned'), revoked: tell('revoked'), lost: tell('lost') },
    })
    cluster.broker.faults.lose({ operation: 'commit' }, 'answer', { retry: false })
    await cluster.produce('input', [{ key: 'a', value: 'v' }])
    expect(await seen.until(3)).toEqual(['assigned 0,1', 'lost 0,1', 'assigned 0,1'])
    expect(runner.report().events.map(({ kind }) => kind)).toContain('lost')
    await runner.stop()
    expect(seen.items.slice(3)).toEqual(['revoked 0,1'])
  })

  it('tells its listener that the partition of a record that failed is lost, and the others are committed', async () => {
    const seen = new Notes<string>()
    const weak = defineGroup('weak').input(input, () => {
      throw new Error('oops')
    })
    const { run } = await cluster.started(weak, 2, {
      listener: {
        revoked: (partitions) => seen.add(`revoked ${partitions.join()}`),
        lost: (partitions) => seen.add(`lost ${partitions.join()}`),
      },
    })
    await cluster.produce('input', [{ key: 'a', value: 'v', partition: 1 }])
    expect(await rejection(run)).toMatchObject({ code: 'GOKA_PROCESSOR_CALLBACK' })
    expect(seen.items).toEqual(['revoked 0', 'lost 1'])
  })

  it('goes on when its listener throws', async () => {
    const listener = {
      running: () => {
        throw new Error('a bad listener')
      },
    }
    const runner = cluster.processor(counter, { listener })
    const run = runner.run()
    await eventually(() => cluster.log.find('error', 'listener').length === 2)
    expect(runner.partitions).toEqual([0, 1])
    await runner.stop()
    await run
  })
})

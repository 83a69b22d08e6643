import { int64, string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { eventually, settle } from '../waiting.ts'

const input = stream('input', string)
const output = stream('output', string)
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

  it('reports a table that it recovers: from where, how far, up to where', async () => {
    await cluster.createTable('group-table', 2)
    await cluster.produce('group-table', [
      { key: 'a', value: '1', partition: 0 },
      { key: 'b', value: '1', partition: 0 },
    ])
    const held = cluster.broker.faults.hold(
      { operation: 'fetch', topic: 'group-table', partition: 0, times: 1_000 },
      'request',
    )
    const { runner } = cluster.start(counter)
    const first = () => runner.report().partitions[0]
    await eventually(() => first()?.tables.length === 1)
    expect(first()).toMatchObject({
      state: 'recovering',
      tables: [{ topic: 'group-table', start: 0, position: 0, end: 2, lag: 2 }],
    })
    held.end()
    await eventually(() => first()?.state === 'running')
    expect(first()?.tables).toMatchObject([{ position: 2, end: 2, lag: 0, recordsRead: 2 }])
  })

  it('reports itself in plain values', async () => {
    const { runner } = await cluster.started(counter, 2)
    await cluster.produce('input', [
      { key: 'a', value: 'v', timestampMs: 1_234 },
      { key: 'a', value: 'v', timestampMs: 1_235 },
    ])
    await eventually(async () => (await runner.get('a')) === 2n)
    const report = runner.report()
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    expect(report).toMatchObject({ group: 'group', state: 'running', restarts: 0, lookups: [] })
    expect(report.commits).toMatchObject({ records: 2 })
    expect(report.partitions).toHaveLength(2)
    expect(report.partitions[0]).toMatchObject({
      partition: 0,
      state: 'running',
      inFlight: 0,
      queuedBytes: 0,
      uncommittedBytes: 0,
      errors: 0,
      inputs: [
        {
          topic: 'input',
          records: 2,
          position: 2,
          committed: 2,
          end: 2,
          lag: 0,
          lastTimestamp: 1_235,
        },
      ],
      tables: [{ topic: 'group-table', partition: 0, role: 'table', writes: 1, lag: 0 }],
    })
    const [own] = report.partitions[0]?.tables ?? []
    expect(own?.position).toBeGreaterThan(0)
    expect(own?.end).toBe(own?.position)
    // An input of which nothing has come yet is told, too.
    expect(report.partitions[1]?.inputs).toEqual([
      expect.objectContaining({ topic: 'input', records: 0, position: 0, committed: 0, lag: 0 }),
    ])
    expect(report.events.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['starting', 'assigned', 'running']),
    )
  })

  it.each(['at-least-once', 'exactly-once'] as const)(
    'reports how many records its callbacks have sent, %s',
    async (guarantee) => {
      await cluster.createTopic('output', 1)
      const echo = defineGroup('echo')
        .output(output)
        .input(input, (ctx, message) => ctx.emit(output, ctx.key, message))
      const { runner } = await cluster.started(echo, 2, { guarantee })
      await cluster.produce(
        'input',
        ['1', '2', '3'].map((value) => ({ key: 'a', value, partition: 1 })),
      )
      await eventually(async () => (await cluster.lines('output')).length === 3)
      await eventually(() => runner.report().partitions[1]?.emitted === 3)
    },
  )

  it('reports that the broker is away, and when it is back', async () => {
    const { runner } = await cluster.started(counter, 2)
    expect(runner.report().isConnected).toBe(true)
    cluster.broker.faults.down()
    await eventually(() => !runner.report().isConnected)
    expect(runner.report().state).toBe('running')
    cluster.broker.faults.up()
    await eventually(() => runner.report().isConnected)
    await settle()
    const changes = runner.report().events.filter(({ kind }) => kind.endsWith('connected'))
    expect(changes).toMatchObject([
      { kind: 'disconnected', message: expect.stringContaining('cannot reach') },
      { kind: 'connected', message: '' },
    ])
    await runner.stop()
    expect(runner.report().isConnected).toBe(false)
  })
})

import { int64, string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { GokaError } from '@goka/interface'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { eventually, inTime, rejection } from '../waiting.ts'

const input = stream('input', string)
const output = stream('output', string)

const counter = defineGroup('group')
  .persist(int64)
  .output(output)
  .visitor('touch', () => {})
  .input(input, (ctx) => {
    const count = (ctx.value() ?? 0n) + 1n
    ctx.setValue(count)
    ctx.emit(output, ctx.key, `${count}`)
  })

describe('a commit that a visit asks for', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('input', 1)
    await cluster.createTopic('output', 1)
  })
  afterEach(() => cluster.close())

  it('is made up for when it fails: what it would have committed is done again', async () => {
    const { runner } = await cluster.started(counter, 1, {
      guarantee: 'exactly-once',
      commitIntervalMs: 3_600_000,
      restart: { initialMs: 1, maxMs: 1 },
    })
    await cluster.produce('input', [{ key: 'a', value: 'v' }])
    await eventually(() => runner.report().partitions[0]?.inputs[0]?.position === 1)
    const error = new GokaError('GOKA_TRANSPORT_FAILED', 'injected', {
      operation: 'test',
      retriable: true,
      reason: 'INJECTED',
    })
    cluster.broker.faults.fail({ operation: 'begin-transaction' }, error)
    expect(await rejection(runner.visitAll('touch'))).toBeDefined()
    await eventually(
      () =>
        runner.report().restarts === 1 && runner.report().partitions[0]?.inputs[0]?.position === 1,
    )
    await inTime(runner.stop(), 'the stop')
    expect(await cluster.lines('output')).toEqual(['a=1'])
    expect(await cluster.committed('group')).toEqual({ 'input/0': 1 })
  })
})

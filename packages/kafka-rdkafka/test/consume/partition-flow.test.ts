import type { RecordBatch } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { faultCodes, faultOf } from '../../src/client-fault.ts'
import { PartitionFlow } from '../../src/consume/partition-flow.ts'
import { clientContext } from '../client-context.ts'
import { FakeConsumer, FakeSource, partitions } from './fake-consumer.ts'

/** A flow of the partitions 0 and 1, read from offset 5 on. */
async function started({ paused = false } = {}) {
  const consumer = new FakeConsumer()
  const source = new FakeSource()
  const flow = new PartitionFlow(consumer.client, source, clientContext('flow').clock)
  flow.add(partitions(0, 1), paused)
  const positions = partitions(0, 1).map((partition) => ({ ...partition, offset: 5 }))
  await flow.start(positions, (assigned) => {
    consumer.incrementalAssign(assigned)
  })
  const poll = async () => (await flow.poll(0, () => false)).map(shown)
  const calls = () => consumer.calls.splice(0)
  return { consumer, source, flow, poll, calls }
}

function shown(batch: RecordBatch): string {
  return `${batch.partition}: ${batch.length > 0 ? batch.offset(0) : ''}-${batch.nextOffset}${batch.atEnd ? ' end' : ''}`
}

describe('a flow of partitions', () => {
  it('returns nothing that was popped before they were assigned', async () => {
    const consumer = new FakeConsumer()
    const source = new FakeSource()
    const flow = new PartitionFlow(consumer.client, source, clientContext('flow').clock)
    source.pop(0, 90, 95)
    flow.add(partitions(0), false)
    await flow.start([{ topic: 'in', partition: 0, offset: 5 }], (assigned) => {
      consumer.incrementalAssign(assigned)
      source.pop(0, 5, 7)
    })
    expect((await flow.poll(0, () => false)).map(shown)).toEqual(['0: 5-7'])
    expect(consumer.calls).toEqual(['incrementalAssign in/0@5', 'resume in/0'])
  })

  it('starts where a resume said that came before the assignment was made', async () => {
    const consumer = new FakeConsumer()
    const flow = new PartitionFlow(consumer.client, new FakeSource(), clientContext('flow').clock)
    flow.add(partitions(0, 1), true)
    await flow.resume([{ topic: 'in', partition: 0, offset: 9 }])
    const positions = partitions(0, 1).map((partition) => ({ ...partition, offset: 5 }))
    await flow.start(positions, (assigned) => {
      consumer.assign(assigned)
    })
    expect(consumer.calls).toEqual(['assign in/0@9 in/1@5', 'pause in/1', 'resume in/0'])
  })

  it('returns nothing of a paused partition, and fetches again what came meanwhile', async () => {
    const { source, flow, poll, calls } = await started()
    source.pop(0, 5, 8)
    expect(await poll()).toEqual(['0: 5-8'])
    calls()
    await flow.pause(partitions(0))
    source.pop(0, 8, 20)
    source.pop(1, 5, 6)
    expect(await poll()).toEqual(['1: 5-6'])
    await flow.resume(partitions(0))
    expect(calls()).toEqual(['pause in/0', 'pause in/0', 'seek in/0@8', 'resume in/0'])
  })

  it('returns nothing of a partition that is being given away, though it is still there', async () => {
    const { source, flow, poll } = await started()
    flow.leave(partitions(0))
    source.pop(0, 5, 8)
    source.pop(1, 5, 6)
    expect(await poll()).toEqual(['1: 5-6'])
    expect(flow.get({ topic: 'in', partition: 0 })?.position).toBe(5)
    await flow.resume([{ topic: 'in', partition: 0, offset: 6 }])
    source.pop(0, 6, 7)
    expect(await poll()).toEqual([])
  })

  it('moves a running partition without returning anything of the old place', async () => {
    const { source, flow, poll, calls } = await started()
    source.pop(0, 5, 8)
    await poll()
    calls()
    source.pop(0, 8, 20)
    await flow.resume([{ topic: 'in', partition: 0, offset: 6 }])
    expect(calls()).toEqual(['pause in/0', 'seek in/0@6', 'resume in/0'])
    source.pop(0, 6, 7)
    expect(await poll()).toEqual(['0: 6-7'])
  })

  it('seeks again while librdkafka is still starting the partition', async () => {
    const { consumer, flow, calls } = await started({ paused: true })
    consumer.seekFaults.push(faultOf(faultCodes.ERR__STATE), faultOf(faultCodes.ERR__STATE))
    calls()
    await flow.resume(partitions(1))
    expect(calls()).toEqual(['pause in/1', 'seek in/1@5', 'resume in/1'])
  })

  it('assigns anew what librdkafka has given up', async () => {
    const { flow, calls } = await started({ paused: true })
    const broken = flow.get({ topic: 'in', partition: 0 })
    if (broken !== undefined) broken.broken = true
    calls()
    await flow.resume([{ topic: 'in', partition: 0, offset: 7 }])
    expect(calls()).toEqual([
      'pause in/0',
      'incrementalUnassign in/0',
      'incrementalAssign in/0@7',
      'resume in/0',
    ])
  })

  it('assigns everything anew in the eager protocol, where each one is', async () => {
    const { consumer, source, flow, poll, calls } = await started()
    consumer.protocol = 'EAGER'
    source.pop(1, 5, 9)
    await poll()
    const broken = flow.get({ topic: 'in', partition: 0 })
    if (broken !== undefined) Object.assign(broken, { broken: true, paused: true })
    calls()
    source.pop(1, 9, 12)
    await flow.resume([{ topic: 'in', partition: 0, offset: 7 }])
    expect(calls()).toEqual([
      'pause in/0',
      'pause in/1',
      'assign in/1@9 in/0@7',
      'resume in/1',
      'resume in/0',
    ])
    expect(await poll()).toEqual([])
  })

  it('ignores partitions that it does not have', async () => {
    const { flow, calls } = await started()
    calls()
    await flow.pause(partitions(7))
    await flow.resume(partitions(7))
    flow.remove(partitions(1))
    await flow.resume([{ topic: 'in', partition: 1, offset: 3 }])
    expect(calls()).toEqual([])
  })

  it('returns nothing of partitions that were removed', async () => {
    const { source, flow, poll } = await started()
    source.pop(0, 5, 6)
    source.pop(1, 5, 6)
    flow.remove(partitions(0))
    expect(await poll()).toEqual(['1: 5-6'])
  })

  it('knows the end from the client, and at the end from the records', async () => {
    const { consumer, source, flow, poll } = await started()
    const [first] = partitions(0) as [{ topic: string; partition: number }]
    expect(flow.endOffset(first)).toBeUndefined()
    source.pop(0, 5, 8, true)
    expect(await poll()).toEqual(['0: 5-8 end'])
    expect(flow.endOffset(first)).toBe(8)
    source.pop(0, 8, 10)
    expect(await poll()).toEqual(['0: 8-10'])
    expect(flow.endOffset(first)).toBeUndefined()
    consumer.watermark = { lowOffset: 0, highOffset: 9 }
    expect(flow.endOffset(first)).toBe(10)
    consumer.watermark = { lowOffset: 0, highOffset: 12 }
    expect(flow.endOffset(first)).toBe(12)
    expect(flow.endOffset({ topic: 'in', partition: 7 })).toBeUndefined()
  })

  it('ends a poll early when it is interrupted', async () => {
    const { flow } = await started()
    const start = performance.now()
    expect(await flow.poll(60_000, () => true)).toEqual([])
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})

import { describe, expect, it } from '@jest/globals'
import { Cluster } from './cluster.ts'
import { settle, watched } from './event-loop.ts'
import { batchOf, linesOf, type TestRecord } from './records.ts'

const starts = (partitions: number) =>
  Array.from({ length: partitions }, (_, partition) => ({ topic: 't', partition, offset: 0 }))

describe('a reader', () => {
  it('gives every partition its turn when there is more than a poll returns', async () => {
    await using cluster = await Cluster.with('t', 3, { fetchMaxBytes: 1000 })
    const records = Array.from({ length: 60 }, (_, n): TestRecord => [n % 3, 'k', 'v'.repeat(499)])
    await (await cluster.producer()).send(batchOf('t', records))
    const reader = await cluster.reader(starts(3))
    const turns: string[] = []
    for (let n = 0; n < 9; n++) {
      const batches = await reader.poll(1000)
      turns.push(batches.map(({ partition, length }) => `${partition}:${length}`).join())
    }
    expect(turns).toEqual(['0:2', '1:2', '2:2', '0:2', '1:2', '2:2', '0:2', '1:2', '2:2'])
  })

  it('goes on where a poll was full, over what was aborted', async () => {
    await using cluster = await Cluster.with('t', 1, { fetchMaxBytes: 4 })
    const producer = await cluster.producer()
    const transactional = await cluster.transactional('id')
    for (let n = 0; n < 4; n++) {
      await producer.send(
        batchOf('t', [
          [0, 'k', `${n}`],
          [0, 'l', `${n}`],
        ]),
      )
      await transactional.begin()
      await transactional.send(batchOf('t', [[0, 'k', 'aborted']]))
      await transactional.abort()
    }
    const reader = await cluster.reader(starts(1))
    const seen: string[] = []
    for (let isAtEnd = false; !isAtEnd; ) {
      const [batch] = await reader.poll(1000)
      if (batch === undefined) throw new Error('nothing to read')
      seen.push(`${linesOf([batch]).length} to ${batch.nextOffset}`)
      isAtEnd = batch.atEnd
    }
    expect(seen).toEqual(['2 to 2', '2 to 6', '2 to 10', '2 to 16'])
  })

  it('reads later what a fault delays, and again what it loses', async () => {
    await using cluster = await Cluster.with('t', 1)
    const producer = await cluster.producer()
    const reader = await cluster.reader(starts(1))
    await reader.poll(1000)
    const { faults } = cluster.broker
    faults.delay({ operation: 'fetch', topic: 't' }, 500)
    const polled = watched(reader.poll(1000))
    await producer.send(batchOf('t', [[0, 'k', '1']]))
    await settle()
    cluster.clock.advance(499)
    await settle()
    expect(polled.state).toBe('pending')
    cluster.clock.advance(1)
    expect(linesOf(await polled.promise)).toEqual(['t/0@0 k=1'])
    const lost = faults.lose({ operation: 'fetch', topic: 't', times: 3 }, 'answer')
    await producer.send(batchOf('t', [[0, 'k', '2']]))
    expect(linesOf(await reader.poll(1000))).toEqual(['t/0@1 k=2'])
    expect(lost.hits).toBe(3)
  })

  it('is woken by records, not by looking for them', async () => {
    const steps: string[] = []
    const scheduler = {
      schedule: (lane: string, step: () => void) => {
        steps.push(lane)
        setImmediate(step)
      },
    }
    await using cluster = await Cluster.with('t', 1, { scheduler })
    const reader = await cluster.reader(starts(1))
    await reader.poll(1000)
    const polled = watched(reader.poll(60_000))
    await settle()
    const before = steps.length
    cluster.clock.advance(59_999)
    await settle()
    expect(steps.length).toBe(before)
    await (await cluster.producer()).send(batchOf('t', [[0, 'k', '1']]))
    expect(linesOf(await polled.promise)).toEqual(['t/0@0 k=1'])
  })

  it('refuses a position past the end by its name, and reads the others', async () => {
    await using cluster = await Cluster.with('t', 2)
    await (await cluster.producer()).send(batchOf('t', [[0, 'k', '1']]))
    const reader = await cluster.reader([
      { topic: 't', partition: 0, offset: 0 },
      { topic: 't', partition: 1, offset: 1 },
    ])
    await expect(reader.poll(1000)).rejects.toMatchObject({
      code: 'GOKA_TRANSPORT_OFFSET_RANGE',
      details: { topic: 't', partition: 1, offset: 1 },
    })
    expect(linesOf(await reader.poll(1000))).toEqual(['t/0@0 k=1'])
  })
})

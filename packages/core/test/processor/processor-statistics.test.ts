import { describe, expect, it } from '@jest/globals'
import { ProcessorStatistics } from '../../src/processor/processor-statistics.ts'

describe('the statistics of a processor', () => {
  it('keep the last 256 events, oldest first', () => {
    const statistics = new ProcessorStatistics()
    for (let time = 0; time < 300; time++) statistics.event(time, 'assigned', '', [time])
    const { events } = statistics
    expect(events).toHaveLength(256)
    expect(events[0]).toEqual({ timeMs: 44, kind: 'assigned', message: '', partitions: [44] })
    expect(events.at(-1)?.timeMs).toBe(299)
  })

  it('add up commits, with the last and the longest of their durations', () => {
    const statistics = new ProcessorStatistics()
    statistics.committed(1_000, 30, 5, 2)
    statistics.committed(2_000, 10, 7, 1)
    expect(statistics.commits).toEqual({
      count: 2,
      lastMs: 2_000,
      lastDurationMs: 10,
      maxDurationMs: 30,
      records: 12,
      tableWrites: 3,
    })
  })
})

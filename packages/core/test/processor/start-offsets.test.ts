import type { Admin, GroupConsumer, TopicPartitionOffset } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import type { InputEdge } from '../../src/graph/edges.ts'
import { startOffsets } from '../../src/processor/start-offsets.ts'
import { LogRecorder } from '../log-recorder.ts'

/** Where partition 0 of `input` starts, given what is committed and what the log holds. */
async function startOf(
  committed: number | undefined,
  earliest: number,
  latest: number,
  initialOffset?: 'earliest' | 'latest',
) {
  const one = { topic: 'input', partition: 0 }
  const consumer = {
    committed: async () => (committed === undefined ? [] : [{ ...one, offset: committed }]),
  } as unknown as GroupConsumer
  const admin = {
    offsets: async (_partitions: unknown, which: 'earliest' | 'latest') =>
      [{ ...one, offset: which === 'earliest' ? earliest : latest }] as TopicPartitionOffset[],
  } as unknown as Admin
  const log = new LogRecorder()
  const inputs = [{ topic: 'input', options: initialOffset === undefined ? {} : { initialOffset } }]
  const starts = await startOffsets([one], consumer, admin, inputs as unknown as InputEdge[], log)
  return { starts, warnings: log.find('warn', '') }
}

describe('a partition starts', () => {
  it.each([
    ['at the first record when nothing is committed', undefined, 5, 9, undefined, 5],
    ['at the first record when that is said', undefined, 5, 9, 'earliest', 5],
    ['at the end when that is said', undefined, 5, 9, 'latest', 9],
    ['where the group has committed, whatever is said', 7, 5, 9, 'latest', 7],
    ['at a commit at the first record', 5, 5, 9, undefined, 5],
    ['at a commit at the end', 9, 5, 9, undefined, 9],
    ['in an empty partition', 0, 0, 0, undefined, 0],
  ] as const)('%s', async (_where, committed, earliest, latest, initial, expected) => {
    const { starts, warnings } = await startOf(committed, earliest, latest, initial)
    expect(starts).toEqual([{ topic: 'input', partition: 0, offset: expected }])
    expect(warnings).toEqual([])
  })

  it.each([
    ['after records that are gone', 4, 'are gone'],
    ['anew when the commit is past the end', 10, 'made anew'],
  ])('%s, with a warning', async (_where, committed, words) => {
    const { starts, warnings } = await startOf(committed, 5, 9, 'latest')
    expect(starts).toEqual([{ topic: 'input', partition: 0, offset: 5 }])
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.message).toContain(words)
    expect(warnings[0]?.facts).toEqual({
      topic: 'input',
      partition: 0,
      committed,
      earliest: 5,
      latest: 9,
    })
  })
})

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import { type Contestant, contest } from '../contest.ts'
import { checkCounts, expectedCounts } from '../counts.ts'
import { type Content, fill, records100 } from '../filler.ts'
import { makeInput } from '../input.ts'
import { keyName, keyOfRecord } from '../keys.ts'
import type { Figures, Workload } from '../row.ts'
import type { Session } from '../session.ts'
import { timedRun } from '../timed-run.ts'

/** How the cost of a record grows with the table and with the partitions. */
export const growth: Bench = {
  name: 'growth',
  about:
    'counts 2,000,000 records into a table that holds 10^4 to 10^7 keys already, over all of them and over a working set of 10,000, and over 1 to 256 partitions',
  async run(session) {
    const most = session.workload({ records: 2_000_000, keys: 10_000_000, partitions: 256 })
    await contest(session, 'growth', 'recordsPerSecond', most, [
      ...byKeys(session, most),
      ...byPartitions(session, most),
    ])
  },
}

const workingSet = 10_000

function byKeys(session: Session, { records, keys: most }: Workload): readonly Contestant[] {
  return steps(workingSet, most, 10).flatMap((keys) => {
    const workload = { records, keys, partitions: 4 }
    const everywhere = records100(records, keys)
    const stride = Math.max(1, Math.floor(keys / workingSet))
    const near: Content = {
      records,
      key: (record) => keyOfRecord(record, Math.min(keys, workingSet)) * stride,
      value: (record) => Buffer.alloc(100 - keyName(near.key(record)).length, 'x'),
    }
    return [
      contestant(session, workload, `${keys} keys, working set of 10,000`, near),
      contestant(session, workload, `${keys} keys, all of them`, everywhere),
    ]
  })
}

function byPartitions(
  session: Session,
  { records, keys: most, partitions: highest }: Workload,
): readonly Contestant[] {
  const keys = Math.min(most, 100_000)
  return steps(1, highest, 4).map((partitions) =>
    contestant(
      session,
      { records, keys, partitions },
      `${partitions} partitions`,
      records100(records, keys),
    ),
  )
}

/** From the first to the last by a factor, both included. */
function steps(first: number, last: number, factor: number): readonly number[] {
  const between: number[] = []
  for (let step = first; step < last; step *= factor) between.push(step)
  return [...between, last]
}

function contestant(
  session: Session,
  workload: Workload,
  variant: string,
  content: Content,
): Contestant {
  const system = session.systems.ours
  return { system, variant, workload, measure: () => measure(session, workload, content) }
}

async function measure(
  session: Session,
  { keys, partitions }: Workload,
  content: Content,
): Promise<Figures> {
  const { cluster } = session
  const group = session.name('growth')
  const state = join(session.path, group)
  const table = `${group}-table`
  const topic = `${group}-input`
  const zero = Buffer.from('0')
  await cluster.createTopic(table, partitions, { 'cleanup.policy': 'compact' })
  try {
    await fill(cluster, table, partitions, {
      records: keys,
      key: (record) => record,
      value: () => zero,
    })
    const input = await makeInput(cluster, topic, partitions, content)
    const command = session.systems.ours.command('count', {
      brokers: cluster.brokers,
      group,
      input: topic,
      ends: input.ends,
      state,
      storage: 'leveldb',
      guarantee: 'at-least-once',
      recoverAhead: 1,
    })
    const figures = await timedRun(session, [command], group, input)
    const place = { place: { topic: table } }
    await checkCounts(cluster, 'ours', place, partitions, expectedCounts(content, keys))
    return { ...figures, microsPerRecord: 1e6 / (figures.recordsPerSecond ?? Number.NaN) }
  } finally {
    await rm(state, { recursive: true, force: true })
    await cluster.deleteTopics([table, topic])
  }
}

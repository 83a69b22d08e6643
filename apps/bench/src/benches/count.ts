import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import { type Contestant, contest } from '../contest.ts'
import { countTable } from '../count-tables.ts'
import { checkCounts, expectedCounts } from '../counts.ts'
import { records100 } from '../filler.ts'
import { type Input, makeInput } from '../input.ts'
import type { Job } from '../job.ts'
import type { Figures, SystemName } from '../row.ts'
import type { Session } from '../session.ts'
import type { System } from '../system.ts'
import { timedRun } from '../timed-run.ts'

interface Variant {
  readonly system: SystemName
  readonly variant: string
  readonly job: Job
  readonly processes?: number
}

/** A count of the records of each key, kept in a table with a changelog. */
export const count: Bench = {
  name: 'count',
  about:
    'counts the records of each key in a durable table with a changelog; 2,000,000 records of 100 bytes, 100,000 keys, 4 partitions',
  async run(session) {
    const workload = session.workload({ records: 2_000_000, keys: 100_000, partitions: 4 })
    const { records, keys, partitions } = workload
    const content = records100(records, keys)
    const topic = session.name('count')
    const input = await makeInput(session.cluster, topic, partitions, content)
    try {
      const expected = expectedCounts(content, keys)
      const contestants = variants(session.options.processes).map(
        (variant): Contestant => ({
          system: systemOf(session, variant),
          variant: variant.variant,
          measure: () => measure(session, variant, input, expected),
        }),
      )
      await contest(session, 'count', 'recordsPerSecond', workload, contestants)
    } finally {
      await session.cluster.deleteTopics([topic])
    }
  },
}

function variants(processes: number): readonly Variant[] {
  return [
    ...ourVariants('leveldb', 1),
    ...ourVariants('memory', 1),
    ...ourVariants('leveldb', processes),
    {
      system: 'ours',
      variant: 'at-least-once redis 1-process',
      job: { guarantee: 'at-least-once', storage: 'redis' },
    },
    { system: 'goka', variant: 'at-least-once leveldb', job: {} },
    ...streamsVariants('at-least-once'),
    ...streamsVariants('exactly-once'),
    { system: 'quix', variant: 'at-least-once rocksdb', job: {} },
    { system: 'by-hand', variant: 'redis one by one', job: { mode: 'one-by-one' } },
    { system: 'by-hand', variant: 'redis batched', job: { mode: 'batched' } },
    { system: 'node-rdkafka', variant: 'consume, count in a Map', job: {} },
    { system: 'addon', variant: 'consume, count in a Map', job: {} },
  ]
}

function ourVariants(storage: string, processes: number): readonly Variant[] {
  return ['at-least-once', 'exactly-once'].map((guarantee) => ({
    system: 'ours',
    variant: `${guarantee} ${storage} ${processes}-process`,
    job: { guarantee, storage },
    processes,
  }))
}

function streamsVariants(guarantee: string): readonly Variant[] {
  return [1, 2].map((threads) => ({
    system: 'kafka-streams',
    variant: `${threads}-thread ${guarantee}`,
    job: { guarantee, threads },
  }))
}

function systemOf(session: Session, { system, job }: Variant): System {
  return job['storage'] === 'redis' ? session.oursOnRedis : session.systems[system]
}

async function measure(
  session: Session,
  variant: Variant,
  input: Input,
  expected: Float64Array,
): Promise<Figures> {
  const { cluster } = session
  const { system, job, processes = 1 } = variant
  const group = session.name(system)
  const state = join(session.path, group)
  const dump = `${state}-table`
  const commands = Array.from({ length: processes }, (_, member) =>
    systemOf(session, variant).command('count', {
      brokers: cluster.brokers,
      group,
      input: input.topic,
      ends: input.ends,
      state: join(state, String(member)),
      dump,
      ...job,
    }),
  )
  const table = countTable(system, group, input.topic, dump)
  try {
    const figures = await timedRun(session, commands, group, input)
    await checkCounts(cluster, system, table, input.partitions, expected)
    return figures
  } finally {
    await rm(state, { recursive: true, force: true })
    await rm(dump, { force: true })
    if ('topic' in table.place) await cluster.deleteTopics([table.place.topic])
  }
}

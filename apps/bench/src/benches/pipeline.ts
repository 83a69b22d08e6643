import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import { contest } from '../contest.ts'
import { type Input, makeInput } from '../input.ts'
import type { Job } from '../job.ts'
import { checkBills, orders, profiles } from '../orders.ts'
import type { Figures, SystemName, Workload } from '../row.ts'
import type { Session } from '../session.ts'
import { timedRun } from '../timed-run.ts'

interface Variant {
  readonly system: SystemName
  readonly variant: string
  readonly job: Job
}

/** JSON in, a join with a table, JSON out. */
export const pipeline: Bench = {
  name: 'pipeline',
  about:
    'joins JSON records with a JSON table and writes JSON records; 1,000,000 records of 100 bytes, 100,000 keys, 4 partitions',
  async run(session) {
    const workload = session.workload({ records: 1_000_000, keys: 100_000, partitions: 4 })
    const { records, keys, partitions } = workload
    const { cluster } = session
    const table = session.name('profiles')
    const topic = session.name('orders')
    // First the table: Kafka Streams joins by time.
    await makeInput(cluster, table, partitions, profiles(keys), { 'cleanup.policy': 'compact' })
    const input = await makeInput(cluster, topic, partitions, orders(records, keys))
    try {
      const contestants = variants.map((variant) => ({
        system: session.systems[variant.system],
        variant: variant.variant,
        measure: () => measure(session, variant, input, table, workload),
      }))
      await contest(session, 'pipeline', 'recordsPerSecond', workload, contestants)
    } finally {
      await cluster.deleteTopics([table, topic])
    }
  },
}

const variants: readonly Variant[] = [
  ...(['at-least-once', 'exactly-once'] as const).map((guarantee) => ({
    system: 'ours' as const,
    variant: `${guarantee} leveldb 1-process`,
    job: { guarantee, storage: 'leveldb' },
  })),
  { system: 'goka', variant: 'at-least-once leveldb', job: {} },
  ...['at-least-once', 'exactly-once'].flatMap((guarantee) =>
    [1, 2].map((threads) => ({
      system: 'kafka-streams' as const,
      variant: `${threads}-thread ${guarantee}`,
      job: { guarantee, threads },
    })),
  ),
]

async function measure(
  session: Session,
  { system, job }: Variant,
  input: Input,
  table: string,
  { records, keys, partitions }: Workload,
): Promise<Figures> {
  const { cluster } = session
  const group = session.name(system)
  const output = `${group}-bills`
  const state = join(session.path, group)
  await cluster.createTopic(output, partitions)
  const command = session.systems[system].command('pipeline', {
    brokers: cluster.brokers,
    group,
    input: input.topic,
    ends: input.ends,
    table,
    output,
    state,
    ...job,
  })
  try {
    const figures = await timedRun(session, [command], group, input)
    await checkBills(cluster, system, output, partitions, records, keys)
    return figures
  } finally {
    await rm(state, { recursive: true, force: true })
    await cluster.deleteTopics([output, `${group}-profiles-changelog`])
  }
}

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import { contest } from '../contest.ts'
import { wrong } from '../counts.ts'
import { EchoProbe } from '../echo-probe.ts'
import type { Job } from '../job.ts'
import { Programs } from '../programs.ts'
import type { Figures, SystemName, Workload } from '../row.ts'
import type { Session } from '../session.ts'

interface Variant {
  readonly system: SystemName
  readonly variant: string
  readonly job: Job
}

/** How long a record takes through a processor that counts and sends on. */
export const latency: Bench = {
  name: 'latency',
  about:
    'from the emit of a record to the sight of what a counting processor has sent on, at 1,000 records a second: p50 and p99 of 10,000 records',
  async run(session) {
    const workload = session.workload({ records: 10_000, keys: 1_000, partitions: 4 })
    const contestants = variants.map((variant) => ({
      system: session.systems[variant.system],
      variant: variant.variant,
      measure: () => measure(session, variant, workload),
    }))
    await contest(session, 'latency', 'p99Ms', workload, contestants)
  },
}

const variants: readonly Variant[] = [
  {
    system: 'ours',
    variant: 'at-least-once',
    job: { guarantee: 'at-least-once', storage: 'leveldb' },
  },
  {
    system: 'ours',
    variant: 'exactly-once',
    job: { guarantee: 'exactly-once', storage: 'leveldb' },
  },
  { system: 'goka', variant: 'at-least-once', job: {} },
  { system: 'kafka-streams', variant: 'at-least-once', job: { guarantee: 'at-least-once' } },
  { system: 'kafka-streams', variant: 'exactly-once', job: { guarantee: 'exactly-once' } },
]

/** Until everybody has joined its group, opened its stores and compiled what is called often. */
const joinMs = 60_000
const warmUpSeconds = 3

async function measure(
  session: Session,
  { system, job }: Variant,
  { records, keys, partitions }: Workload,
): Promise<Figures> {
  const { cluster, options } = session
  const group = session.name(system)
  const state = join(session.path, group)
  const input = `${group}-input`
  const output = `${group}-output`
  for (const topic of [input, output]) await cluster.createTopic(topic, partitions)
  const command = session.systems[system].command('copy', {
    brokers: cluster.brokers,
    group,
    input,
    output,
    state,
    ...job,
  })
  try {
    await using programs = new Programs([command])
    await programs.all('ready')
    programs.tell('go')
    await using probe = await EchoProbe.open(cluster, input, output, partitions, keys)
    // Enough for every partition to get one.
    await probe.emit(64 * partitions, 10_000)
    await probe.unseen(joinMs)
    await probe.emit(warmUpSeconds * options.rate, options.rate)
    await probe.unseen(joinMs)
    const warmUp = 64 * partitions + warmUpSeconds * options.rate
    const beginMs = performance.now()
    await probe.emit(records, options.rate)
    const unseen = await probe.unseen(joinMs)
    const endMs = performance.now()
    const usage = programs.usage()
    await programs.stop()
    if (unseen > 0 || probe.repeated > 0) {
      throw wrong(system, 'its output', [`${unseen} records missing, ${probe.repeated} repeated`])
    }
    const sorted = probe.sorted(warmUp)
    return {
      p50Ms: quantile(sorted, 0.5),
      p99Ms: quantile(sorted, 0.99),
      recordsPerSecond: (records / (endMs - beginMs)) * 1_000,
      ...usage,
    }
  } finally {
    await rm(state, { recursive: true, force: true })
    await cluster.deleteTopics([input, output, `${group}-table`, `${group}-counts-changelog`])
  }
}

function quantile(sorted: Float64Array, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

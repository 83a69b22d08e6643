import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import { contest } from '../contest.ts'
import { wrong } from '../counts.ts'
import { fill } from '../filler.ts'
import type { Job } from '../job.ts'
import { keyOfRecord } from '../keys.ts'
import { Programs } from '../programs.ts'
import type { Figures, SystemName, Workload } from '../row.ts'
import type { Session } from '../session.ts'

interface Variant {
  readonly system: SystemName
  readonly variant: string
  readonly job: Job
}

/** Reading a view: its own program, pseudo-random keys. */
export const viewGet: Bench = {
  name: 'view-get',
  about: 'gets 1,000,000 pseudo-random keys of a view with 100,000 keys, one after the other',
  async run(session) {
    const workload = session.workload({ records: 1_000_000, keys: 100_000, partitions: 4 })
    const { cluster } = session
    const table = session.name('view')
    await cluster.createTopic(table, workload.partitions, { 'cleanup.policy': 'compact' })
    try {
      await fill(cluster, table, workload.partitions, {
        records: workload.keys,
        key: (record) => record,
        value: (record) => Buffer.from(String(record)),
      })
      await contest(
        session,
        'view-get',
        'recordsPerSecond',
        workload,
        variants.map((variant) => ({
          system: session.systems[variant.system],
          variant: variant.variant,
          measure: () => measure(session, variant, table, workload),
        })),
      )
    } finally {
      await cluster.deleteTopics([table])
    }
  },
}

const variants: readonly Variant[] = [
  { system: 'ours', variant: 'leveldb', job: { storage: 'leveldb' } },
  { system: 'ours', variant: 'leveldb no cache', job: { storage: 'leveldb', cacheBytes: 0 } },
  { system: 'ours', variant: 'memory', job: { storage: 'memory' } },
  { system: 'goka', variant: 'leveldb 1-thread', job: { threads: 1 } },
  { system: 'goka', variant: 'leveldb 4-thread', job: { threads: 4 } },
  { system: 'kafka-streams', variant: 'rocksdb 1-thread', job: { threads: 1 } },
  { system: 'kafka-streams', variant: 'rocksdb 4-thread', job: { threads: 4 } },
]

async function measure(
  session: Session,
  { system, job }: Variant,
  table: string,
  { records, keys }: Workload,
): Promise<Figures> {
  const group = session.name(system)
  const state = join(session.path, group)
  const command = session.systems[system].command('view', {
    brokers: session.cluster.brokers,
    group,
    table,
    state,
    records,
    keys,
    ...job,
  })
  try {
    await using programs = new Programs([command])
    await programs.all('ready')
    const beginMs = performance.now()
    programs.tell('go')
    const { atMs, fields } = await programs.first('done')
    const usage = programs.usage()
    await programs.stop()
    let expected = 0
    for (let get = 0; get < records; get++) expected += keyOfRecord(get, keys)
    if (Number(fields['sum']) !== expected) {
      throw wrong(system, 'the sum of its values', [
        `${fields['sum'] ?? ''} instead of ${expected}`,
      ])
    }
    const seconds = Number(fields['seconds'])
    return {
      recordsPerSecond: records / seconds,
      startSeconds: (atMs - beginMs) / 1_000 - seconds,
      ...usage,
    }
  } finally {
    await rm(state, { recursive: true, force: true })
  }
}

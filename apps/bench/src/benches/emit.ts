import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import { contest } from '../contest.ts'
import { wrong } from '../counts.ts'
import { pool } from '../filler.ts'
import { keyIndex } from '../keys.ts'
import { Programs } from '../programs.ts'
import type { Figures, SystemName, Workload } from '../row.ts'
import type { Session } from '../session.ts'

/** The way in: records that are written from outside, each acknowledged. */
export const emit: Bench = {
  name: 'emit',
  about: 'emits 2,000,000 records of 100 bytes, acknowledged but not awaited one by one',
  async run(session) {
    const workload = session.workload({ records: 2_000_000, keys: 100_000, partitions: 4 })
    const file = join(session.path, 'pool')
    await writeFile(file, pool)
    await contest(
      session,
      'emit',
      'recordsPerSecond',
      workload,
      variants.map(({ system, variant }) => ({
        system: session.systems[system],
        variant,
        measure: () => measure(session, system, workload, file),
      })),
    )
  },
}

const variants: readonly { readonly system: SystemName; readonly variant: string }[] = [
  { system: 'ours', variant: 'emitter' },
  { system: 'addon', variant: 'packed batches' },
  { system: 'node-rdkafka', variant: 'produce' },
  { system: 'goka', variant: 'emitter' },
  { system: 'by-hand', variant: 'kafkajs by the thousand' },
]

async function measure(
  session: Session,
  system: SystemName,
  { records, keys, partitions }: Workload,
  file: string,
): Promise<Figures> {
  const { cluster } = session
  const output = session.name('emit')
  await cluster.createTopic(output, partitions)
  try {
    const job = { brokers: cluster.brokers, output, records, keys, pool: file, storage: 'memory' }
    await using programs = new Programs([session.systems[system].command('emit', job)])
    await programs.all('ready')
    const beginMs = performance.now()
    programs.tell('go')
    const first = await programs.first('first')
    const done = await programs.first('done')
    const usage = programs.usage()
    await programs.stop()
    await check(session, system, output, { records, keys, partitions })
    return {
      recordsPerSecond: (records / (done.atMs - first.atMs)) * 1_000,
      startSeconds: (first.atMs - beginMs) / 1_000,
      ...usage,
    }
  } finally {
    await cluster.deleteTopics([output])
  }
}

/** Every record must be there once, with 100 bytes. */
async function check(
  session: Session,
  system: SystemName,
  output: string,
  { records, keys, partitions }: Workload,
): Promise<void> {
  const found = new Float64Array(keys)
  const differences: string[] = []
  await session.cluster.read(output, partitions, (batch) => {
    for (let index = 0; index < batch.length; index++) {
      const key = keyIndex(batch.key(index) ?? '')
      if (key < keys && batch.byteLength(index) === 100) found[key] = (found[key] as number) + 1
      else differences.push(`offset ${batch.offset(index)}`)
    }
  })
  for (const [key, count] of found.entries()) {
    const expected = Math.floor(records / keys) + (key < records % keys ? 1 : 0)
    if (count !== expected) differences.push(`user-${key}: ${count} instead of ${expected}`)
  }
  if (differences.length > 0) throw wrong(system, 'what it has written', differences)
}

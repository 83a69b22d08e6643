import type { RecordBatch } from '@goka/interface'
import { LogRecorder } from '../log-recorder.ts'
import type { Simulation } from './simulation.ts'

/** A record as readers of committed records see it. */
export interface Found {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: string | null
  readonly headers: Readonly<Record<string, string>>
  /** How many calls there had been when it was read: they may have written it. */
  readonly calls?: number
}

/** Everything that a topic holds for readers of committed records; finds transactions that were left open. */
export async function readTopic(
  simulation: Simulation,
  topic: string,
  count: number = simulation.plan.partitions,
): Promise<readonly Found[]> {
  const { transport, clock, ledger } = simulation
  const making = transport.partitionReader(
    { isolation: 'read_committed' },
    { clientId: 'outside-reader', clock, log: new LogRecorder(), connectTimeoutMs: 10_000 },
  )
  await simulation.settle()
  const reader = await making
  const numbers = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  const starting = simulation.admin.offsets(numbers, 'earliest')
  await simulation.settle()
  const partitions = await starting
  const asked = simulation.admin.offsets(partitions, 'latest')
  const added = reader.add(partitions)
  await simulation.settle()
  await added
  const ends = await asked
  const positions = partitions.map(({ offset }) => offset)
  const found: Found[] = []
  const isOpen = (): boolean => positions.some((at, index) => at < (ends[index]?.offset ?? 0))
  for (let tries = 0; isOpen(); tries++) {
    if (tries === 2_000) {
      ledger.violate(
        'I9',
        `a transaction is left open in ${topic}: read to ${positions.join()} of ${ends.map(({ offset }) => offset).join()}`,
      )
      break
    }
    const polling = reader.poll(1)
    await simulation.settle()
    clock.advance(1)
    for (const batch of await polling) {
      found.push(...foundIn(batch))
      positions[batch.partition] = batch.nextOffset
    }
  }
  const closing = reader.close()
  await simulation.settle()
  await closing
  return found
}

/** The records of a batch. */
export function foundIn(batch: RecordBatch): readonly Found[] {
  return Array.from({ length: batch.length }, (_, index) => ({
    partition: batch.partition,
    offset: batch.offset(index),
    key: batch.key(index) ?? '',
    value: textOf(batch.value(index)),
    headers: Object.fromEntries(
      batch.headers(index).map(({ name, value }) => [name, textOf(value) ?? '']),
    ),
  }))
}

/** The last value of each key, of the records before an offset. */
export function compacted(
  changelog: readonly Found[],
  partition: number,
  before: number,
): Map<string, string> {
  const last = new Map<string, string>()
  for (const record of changelog) {
    if (record.partition !== partition || record.offset >= before) continue
    if (record.value === null) last.delete(record.key)
    else last.set(record.key, record.value)
  }
  return last
}

export function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString()
}

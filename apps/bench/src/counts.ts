import { readFile } from 'node:fs/promises'
import { type ByteString, GokaError } from '@goka/interface'
import type { Cluster } from './cluster.ts'
import type {} from './errors.ts'
import type { Content } from './filler.ts'
import { keyIndex, keyName } from './keys.ts'
import type { SystemName } from './row.ts'

/** How a system writes its table of counts. */
export interface CountTable {
  /** The topic of its changelog, or the file that its program writes at the end: `key<tab>count` lines. */
  readonly place: { readonly topic: string } | { readonly file: string }
  /** The name of the key in the changelog's key; default: the same. */
  readonly key?: (key: ByteString) => string
  /** The count in the changelog's value; default: decimal text. */
  readonly count?: (value: Buffer) => number
}

/** How often each key occurs: by the number of the key. */
export function expectedCounts({ records, key }: Content, keys: number): Float64Array {
  const counts = new Float64Array(keys)
  for (let record = 0; record < records; record++) {
    const index = key(record)
    counts[index] = (counts[index] as number) + 1
  }
  return counts
}

/**
 * Compares what a system has counted, the last value of each key, with what it had to count. `again` is how much more may
 * be there of each key: what a process that was killed had done and not committed.
 * @throws GokaError `BENCH_RESULT_WRONG`
 */
export async function checkCounts(
  cluster: Cluster,
  system: SystemName,
  table: CountTable,
  partitions: number,
  expected: Float64Array,
  again?: Float64Array,
): Promise<void> {
  const found = new Float64Array(expected.length)
  const strange: string[] = []
  const note = (name: string, count: number): void => {
    const index = keyIndex(name)
    if (index < found.length) found[index] = count
    else strange.push(name)
  }
  if ('file' in table.place) {
    const text = await readFile(table.place.file, 'latin1')
    for (const line of text.split('\n')) {
      const [key, count] = line.split('\t')
      if (key !== undefined && count !== undefined) note(key, Number(count))
    }
  } else {
    const { key = asItIs, count = decimal } = table
    await cluster.read(table.place.topic, partitions, (batch) => {
      for (let index = 0; index < batch.length; index++) {
        const value = batch.value(index)
        note(key(batch.key(index) ?? ''), value === null ? 0 : count(Buffer.from(value)))
      }
    })
  }
  const differences = strange.map((name) => `key "${name}" is nobody's`)
  for (const [index, count] of expected.entries()) {
    const more = (found[index] as number) - count
    if (more >= 0 && more <= (again?.[index] ?? 0)) continue
    differences.push(`${keyName(index)}: ${found[index] ?? ''} instead of ${count}`)
  }
  if (differences.length > 0) throw wrong(system, 'its table', differences)
}

/** What a system has written is wrong. */
export function wrong(system: SystemName, what: string, differences: readonly string[]): GokaError {
  const first = differences.slice(0, 5).join('; ')
  return new GokaError(
    'BENCH_RESULT_WRONG',
    `${system}: ${what} differs in ${differences.length} places (${first}): its figure is not shown`,
    { system, differences: first },
  )
}

function asItIs(key: ByteString): string {
  return key
}

function decimal(value: Buffer): number {
  return Number(value.toString('latin1'))
}

import { GokaError } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { type Contestant, contest } from '../src/contest.ts'
import type {} from '../src/errors.ts'
import { parseOptions } from '../src/options.ts'
import { Report } from '../src/report.ts'
import type { SystemName } from '../src/row.ts'

const workload = { records: 10, keys: 5, partitions: 1 }

function contestant(name: SystemName, variant: string, measured: readonly number[]): Contestant {
  let round = 0
  return {
    system: { name, prepare: async () => {}, command: () => ({ file: '', args: [] }) },
    variant,
    measure: async () => ({ recordsPerSecond: measured[round++] as number, rssMb: 100 }),
  }
}

async function run(args: string[], contestants: readonly Contestant[]) {
  const lines: string[] = []
  const progress: string[] = []
  const report = new Report(true, {
    stdout: { write: (text) => lines.push(text) },
    stderr: { write: (text) => progress.push(text) },
  })
  const options = parseOptions(args)
  await contest({ options, report }, 'bench', 'recordsPerSecond', workload, contestants)
  const rows = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  return { rows, progress, hasFailures: report.hasFailures }
}

describe('a contest', () => {
  it('takes turns and shows medians and spread', async () => {
    const { rows, progress } = await run(
      [],
      [contestant('ours', 'one', [300, 100, 200]), contestant('goka', 'other', [20, 40, 30])],
    )
    expect(rows).toEqual([
      {
        ...{ bench: 'bench', system: 'ours', variant: 'one', ...workload, rounds: 3 },
        ...{ recordsPerSecond: 200, spread: [100, 300], rssMb: 100 },
      },
      expect.objectContaining({ system: 'goka', recordsPerSecond: 30, spread: [20, 40] }),
    ])
    expect(progress.map((line) => /bench, (\S+)/.exec(line)?.[1])).toEqual([
      ...['ours', 'goka', 'ours', 'goka', 'ours', 'goka'],
    ])
  })

  it('names a system that cannot be built as missing and measures the others', async () => {
    const absent = contestant('goka', 'one', [])
    let builds = 0
    const prepare = async (): Promise<never> => {
      builds++
      throw new GokaError('BENCH_SYSTEM_MISSING', 'no go', { system: 'goka', reason: 'no go here' })
    }
    const system = { ...absent.system, prepare }
    const { rows, hasFailures } = await run(
      ['--rounds', '2'],
      [
        { ...absent, system },
        { ...absent, system, variant: 'two' },
        contestant('ours', 'one', [1, 3]),
      ],
    )
    expect(rows).toEqual([
      expect.objectContaining({ system: 'goka', variant: 'one', missing: 'no go here' }),
      expect.objectContaining({ system: 'goka', variant: 'two', missing: 'no go here' }),
      expect.objectContaining({ system: 'ours', recordsPerSecond: 2 }),
    ])
    expect(builds).toBe(1)
    expect(hasFailures).toBe(false)
  })

  it('shows no figure of a system whose result was wrong in one round', async () => {
    let round = 0
    const measure = async () => {
      if (++round === 2) {
        throw new GokaError('BENCH_RESULT_WRONG', 'wrong', { system: 'goka', differences: 'all' })
      }
      return { recordsPerSecond: 1_000 }
    }
    const { rows, hasFailures } = await run([], [{ ...contestant('goka', 'one', []), measure }])
    expect(rows).toEqual([expect.objectContaining({ system: 'goka', failed: 'wrong' })])
    expect(rows[0]).not.toHaveProperty('recordsPerSecond')
    expect(hasFailures).toBe(true)
  })

  it('leaves out who was not asked for', async () => {
    const { rows } = await run(
      ['--rounds', '1', '--systems', 'ours', '--variants', 'leveldb'],
      [
        contestant('ours', 'leveldb', [1]),
        contestant('ours', 'memory', [1]),
        contestant('goka', 'leveldb', [1]),
      ],
    )
    expect(rows).toEqual([expect.objectContaining({ system: 'ours', variant: 'leveldb' })])
  })
})

import { parseArgs } from 'node:util'
import { GokaError } from '@goka/interface'
import { type SystemName, systemNames, type Workload } from './row.ts'

/** What the command line says. */
export interface BenchOptions {
  /** The names of the benches to run; none: list them. */
  readonly benches: readonly string[]
  /** What is said here wins over the defaults of a bench. */
  readonly workload: Partial<Workload>
  readonly rounds: number
  readonly systems: readonly SystemName[]
  /** Variants whose name contains one of these take part; empty: all. */
  readonly variants: readonly string[]
  /** How many processes the variants with several have. */
  readonly processes: number
  /** Records a second in `latency`. */
  readonly rate: number
  readonly json: boolean
}

export const optionsUsage: string = `  --records N         how many records
  --keys N            how many different keys; in growth: the most
  --partitions N      how many partitions; in growth: the most
  --rounds N          how often each is measured; medians are shown (default 3)
  --systems a,b       who takes part (default all: ${systemNames.join(', ')})
  --variants a,b      only variants whose name contains one of these
  --processes N       size of the variants with several processes (default 2)
  --rate N            records a second in latency (default 1000)
  --json              one JSON object a line on standard output; progress goes to standard error
`

/** @throws GokaError `GOKA_OPTION_INVALID` */
export function parseOptions(args: string[]): BenchOptions {
  const { values, positionals } = parse(args)
  const records = whole('records', values.records)
  const keys = whole('keys', values.keys)
  const partitions = whole('partitions', values.partitions)
  return {
    benches: positionals,
    workload: {
      ...(records !== undefined && { records }),
      ...(keys !== undefined && { keys }),
      ...(partitions !== undefined && { partitions }),
    },
    rounds: whole('rounds', values.rounds) ?? 3,
    systems: systems(values.systems),
    variants: values.variants?.split(',') ?? [],
    processes: whole('processes', values.processes) ?? 2,
    rate: whole('rate', values.rate) ?? 1_000,
    json: values.json,
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        records: { type: 'string' },
        keys: { type: 'string' },
        partitions: { type: 'string' },
        rounds: { type: 'string' },
        systems: { type: 'string' },
        variants: { type: 'string' },
        processes: { type: 'string' },
        rate: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    const { message } = error as Error
    throw invalid('arguments', 'options of the bench', message)
  }
}

function whole(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text.replaceAll(/[_,]/g, ''))
  if (Number.isSafeInteger(value) && value > 0) return value
  throw invalid(`--${option}`, 'a whole number above 0', text)
}

function systems(text: string | undefined): readonly SystemName[] {
  if (text === undefined) return systemNames
  const unknown = text.split(',').find((name) => !systemNames.some((each) => each === name))
  if (unknown !== undefined) throw invalid('--systems', systemNames.join(', '), unknown)
  return systemNames.filter((name) => text.split(',').includes(name))
}

/** An option is not as it has to be. */
export function invalid(option: string, expected: string, received: string): GokaError {
  return new GokaError(
    'GOKA_OPTION_INVALID',
    `option ${option} must be ${expected}, received '${received}'`,
    { option, expected, received },
  )
}

import { isGokaError } from '@goka/interface'
import type { Bench } from './bench.ts'
import { count } from './benches/count.ts'
import { emit } from './benches/emit.ts'
import { growth } from './benches/growth.ts'
import { latency } from './benches/latency.ts'
import { pipeline } from './benches/pipeline.ts'
import { recover } from './benches/recover.ts'
import { viewGet } from './benches/view-get.ts'
import { invalid, optionsUsage, parseOptions } from './options.ts'
import { type Output, Report } from './report.ts'
import { Session } from './session.ts'

const benches: readonly Bench[] = [count, recover, emit, viewGet, pipeline, latency, growth]

/** Runs the benches that are named, or lists them; resolves to the exit code. */
export async function main(args: string[], output: Output = process): Promise<number> {
  try {
    return await run(args, output)
  } catch (error) {
    if (!isGokaError(error)) throw error
    output.stderr.write(`${error.message}\n`)
    return 1
  }
}

async function run(args: string[], output: Output): Promise<number> {
  const options = parseOptions(args)
  if (options.benches.length === 0) {
    output.stdout.write(usage())
    return 0
  }
  const chosen = options.benches.map((name) => {
    const bench = benches.find((each) => each.name === name)
    if (bench !== undefined) return bench
    throw invalid('bench', benches.map((each) => each.name).join(', '), name)
  })
  const report = new Report(options.json, output)
  await using session = await Session.open(options, report)
  for (const bench of chosen) {
    await bench.run(session)
    report.table(bench.name)
  }
  return report.hasFailures ? 1 : 0
}

function usage(): string {
  const lines = benches.map(({ name, about }) => `  ${name.padEnd(10)}${about}\n`)
  return `pnpm bench <bench>... [options]

Benches:
${lines.join('')}
Options:
${optionsUsage}
The broker is started by the bench unless KAFKA_BROKERS names one.
`
}

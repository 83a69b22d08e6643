import { isGokaError } from '@goka/interface'
import type {} from './errors.ts'
import { format } from './figure-text.ts'
import { type FigureName, type Figures, figureNames, type Row, type Workload } from './row.ts'
import type { Session } from './session.ts'
import type { System } from './system.ts'

/** A system in one of its variants, ready to be measured. */
export interface Contestant {
  readonly system: System
  readonly variant: string
  /** Where it is not the work of the bench. */
  readonly workload?: Workload
  /** Does the whole work once, checks its result and says what it took. */
  readonly measure: () => Promise<Figures>
}

/** Measures those who were asked for, in turns, and reports the medians. The first figure is what they are compared by. */
export async function contest(
  { options, report }: Pick<Session, 'options' | 'report'>,
  bench: string,
  figure: FigureName,
  workload: Workload,
  all: readonly Contestant[],
): Promise<void> {
  const contestants = all.filter(
    ({ system, variant }) =>
      options.systems.includes(system.name) &&
      (options.variants.length === 0 || options.variants.some((part) => variant.includes(part))),
  )
  const rounds = new Map<Contestant, Figures[]>(contestants.map((each) => [each, []]))
  const excuses = new Map<Contestant, Pick<Row, 'missing' | 'failed'>>()
  const unbuilt = new Map<System, string>()
  for (let round = 1; round <= options.rounds; round++) {
    for (const contestant of contestants) {
      const missing = unbuilt.get(contestant.system)
      if (missing !== undefined) excuses.set(contestant, { missing })
      if (excuses.has(contestant)) continue
      const { system, variant, measure } = contestant
      const title = `${bench}, ${system.name} ${variant}, round ${round} of ${options.rounds}`
      try {
        await system.prepare()
        const figures = await measure()
        rounds.get(contestant)?.push(figures)
        report.progress(`${title}: ${figure} ${format(figures[figure] ?? Number.NaN)}`)
      } catch (error) {
        if (!isGokaError(error)) throw error
        const { message } = error
        if (isGokaError(error, 'BENCH_SYSTEM_MISSING')) {
          unbuilt.set(system, error.details.reason)
          excuses.set(contestant, { missing: error.details.reason })
        } else excuses.set(contestant, { failed: message })
        report.progress(`${title}: ${message}`)
      }
    }
  }
  for (const [contestant, figures] of rounds) {
    const { system, variant } = contestant
    report.row({
      bench,
      system: system.name,
      variant,
      ...(contestant.workload ?? workload),
      ...summary(figures, figure),
      ...excuses.get(contestant),
    })
  }
}

/** The medians of all figures and the spread of the first. */
function summary(
  rounds: readonly Figures[],
  figure: FigureName,
): Pick<Row, 'rounds' | 'figures' | 'spread'> {
  const figures = Object.fromEntries(
    figureNames.flatMap((name) => {
      const values = rounds.flatMap((each) => each[name] ?? [])
      return values.length > 0 ? [[name, median(values)]] : []
    }),
  )
  const values = rounds.flatMap((each) => each[figure] ?? [])
  return {
    rounds: rounds.length,
    figures,
    spread: [Math.min(...values), Math.max(...values)],
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2
}

/** Who is measured. */
export type SystemName = (typeof systemNames)[number]

export const systemNames = [
  'ours',
  'goka',
  'kafka-streams',
  'quix',
  'by-hand',
  'node-rdkafka',
  'addon',
] as const

/** How much there is to do. */
export interface Workload {
  readonly records: number
  readonly keys: number
  readonly partitions: number
}

export const figureNames = [
  'recordsPerSecond',
  'seconds',
  'microsPerRecord',
  'p50Ms',
  'p99Ms',
  'startSeconds',
  'cpuSeconds',
  'rssMb',
  'recordsRead',
] as const

export type FigureName = (typeof figureNames)[number]

/**
 * What one run of one system has shown. `startSeconds`: from the word to begin until the clock starts, which is joining the
 * group and warming up. `cpuSeconds`: of the system's processes until the clock stops, start included. `rssMb`: the most memory
 * that each of them had, added up. `recordsRead`: of changelogs.
 */
export type Figures = { readonly [Name in FigureName]?: number }

/** A line of the result: the medians over the rounds, or why there are none. */
export interface Row extends Workload {
  readonly bench: string
  readonly system: SystemName
  readonly variant: string
  readonly rounds: number
  readonly figures: Figures
  /** The lowest and the highest of the first figure. */
  readonly spread: readonly [number, number]
  /** Why the system cannot take part here. */
  readonly missing?: string
  /** Why its figures are worth nothing. */
  readonly failed?: string
}

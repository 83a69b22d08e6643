import { format } from './figure-text.ts'
import { type FigureName, figureNames, type Row } from './row.ts'

/** The two streams of a program. */
export interface Output {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

/** Where results go: as they come in JSON, one object a line, or as tables at the end. */
export class Report {
  readonly #json: boolean
  readonly #output: Output
  readonly #rows: Row[] = []

  constructor(json: boolean, output: Output) {
    this.#json = json
    this.#output = output
  }

  /** Whether a system has failed, or wrote what is wrong. */
  get hasFailures(): boolean {
    return this.#rows.some(({ failed }) => failed !== undefined)
  }

  progress(line: string): void {
    this.#output.stderr.write(`${line}\n`)
  }

  row(row: Row): void {
    this.#rows.push(row)
    if (!this.#json) return
    const { bench, system, variant, figures, spread, missing, failed, ...rest } = row
    const facts = missing ?? failed
    const measured = facts === undefined ? { ...figures, spread } : {}
    this.#output.stdout.write(
      `${JSON.stringify({ bench, system, variant, ...measured, ...rest, missing, failed })}\n`,
    )
  }

  /** Prints the rows of a bench as a table, unless they are out already. */
  table(bench: string): void {
    if (this.#json) return
    const rows = this.#rows.filter((row) => row.bench === bench)
    const measured = rows.filter(({ missing, failed }) => (missing ?? failed) === undefined)
    const names = figureNames.filter((name) => measured.some(({ figures }) => name in figures))
    const cells = [
      ['system', 'variant', ...names.map((name) => titles[name]), 'lowest - highest'],
      ...measured.map(({ system, variant, figures, spread }) => [
        system,
        variant,
        ...names.map((name) => format(figures[name] ?? Number.NaN)),
        `${format(spread[0])} - ${format(spread[1])}`,
      ]),
    ]
    const widths = (cells[0] as string[]).map((_, column) =>
      Math.max(...cells.map((row) => row[column]?.length ?? 0)),
    )
    const lines = cells.map((row) =>
      row
        .map((cell, column) =>
          column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    this.#output.stdout.write(`\n${bench}\n${lines.join('\n')}\n`)
    for (const { system, variant, missing, failed } of rows) {
      if (missing !== undefined)
        this.#output.stdout.write(`missing: ${system} ${variant}: ${missing}\n`)
      if (failed !== undefined)
        this.#output.stdout.write(`FAILED: ${system} ${variant}: ${failed}\n`)
    }
  }
}

const titles: Readonly<Record<FigureName, string>> = {
  recordsPerSecond: 'records/s',
  seconds: 'seconds',
  microsPerRecord: 'us/record',
  p50Ms: 'p50 ms',
  p99Ms: 'p99 ms',
  startSeconds: 'start s',
  cpuSeconds: 'cpu s',
  rssMb: 'rss MB',
  recordsRead: 'records read',
}

/** Offsets from `start` to before `end`. */
export interface OffsetRun {
  readonly start: number
  end: number
}

/** A sorted set of offsets, kept as runs that neither overlap nor touch when added in order. */
export class OffsetRuns {
  #runs: OffsetRun[] = []

  get isEmpty(): boolean {
    return this.#runs.length === 0
  }

  /** Adds offsets that are higher than all before. */
  append(start: number, end: number): void {
    const last = this.#runs.at(-1)
    if (last?.end === start) last.end = end
    else this.#runs.push({ start, end })
  }

  /** Adds the runs of another set, which has no offset of this one. */
  merge(other: OffsetRuns): void {
    this.#runs.push(...other.#runs)
    this.#runs.sort((a, b) => a.start - b.start)
  }

  /** Forgets everything before `offset`. */
  dropBefore(offset: number): void {
    this.#runs = this.#runs.filter(({ end }) => end > offset)
  }

  /** The first run that ends after `offset`. */
  next(offset: number): OffsetRun | undefined {
    let low = 0
    let high = this.#runs.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#runs[middle] as OffsetRun).end <= offset) low = middle + 1
      else high = middle
    }
    return this.#runs[low]
  }

  has(offset: number): boolean {
    const run = this.next(offset)
    return run !== undefined && run.start <= offset
  }
}

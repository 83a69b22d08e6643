import type { Program } from './program.ts'

/** Says when the first record of each partition is processed, and when the last one is. */
export class LastRecords {
  readonly #program: Program
  readonly #lasts: readonly number[]
  readonly #started: boolean[]

  constructor(program: Program) {
    this.#program = program
    this.#lasts = program.numbers('ends').map((end) => end - 1)
    this.#started = this.#lasts.map(() => false)
  }

  /** To be called for each record. */
  processed(partition: number, offset: number): void {
    if (!this.#started[partition]) {
      this.#started[partition] = true
      this.#program.say('first', { partition })
    }
    if (offset === this.#lasts[partition]) this.#program.say('end', { partition })
  }
}

import type { Program } from './program.ts'

/** Says when the first record is processed, and when the last one of each partition is. */
export class LastRecords {
  readonly #program: Program
  readonly #lasts: readonly number[]
  #started = false

  constructor(program: Program) {
    this.#program = program
    this.#lasts = program.numbers('ends').map((end) => end - 1)
  }

  /** To be called for each record. */
  processed(partition: number, offset: number): void {
    if (!this.#started) {
      this.#started = true
      this.#program.say('first')
    }
    if (offset === this.#lasts[partition]) this.#program.say('end', { partition })
  }
}

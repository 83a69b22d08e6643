/** Numbers from a seed. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** From 0 to before `below`. Mulberry32. */
  roll(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }

  /** True once in `outOf` times. */
  chance(outOf: number): boolean {
    return this.roll(outOf) === 0
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.roll(values.length)] as Value
  }
}

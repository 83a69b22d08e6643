/** How far a table of a partition is on its way to the end of its topic. */
export interface RecoveryProgress {
  readonly partition: number
  /** The topic of the table: the group's own, or a joined one. */
  readonly topic: string
  /** Where the local store was when the recovery began. */
  readonly start: number
  /** The offset of the next record to read. */
  readonly position: number
  /** The end that has to be reached. */
  readonly end: number
  /** Offsets a second since the recovery began. */
  readonly offsetsPerSecond: number
  /** How long it will still take at this rate, milliseconds; -1 while it cannot be told. */
  readonly etaMs: number
}

/** One table on its way to the end of its topic. */
export class Recovery {
  readonly #partition: number
  readonly #topic: string
  readonly #start: number
  readonly #end: number
  readonly #startMs: number

  constructor(topic: string, partition: number, start: number, end: number, startMs: number) {
    this.#topic = topic
    this.#partition = partition
    this.#start = start
    this.#end = end
    this.#startMs = startMs
  }

  /** How far it is. */
  progress(position: number, nowMs: number): RecoveryProgress {
    const read = position - this.#start
    const elapsedMs = nowMs - this.#startMs
    const offsetsPerSecond = elapsedMs > 0 ? (read * 1000) / elapsedMs : 0
    const left = Math.max(0, this.#end - position)
    return {
      topic: this.#topic,
      partition: this.#partition,
      start: this.#start,
      position,
      end: this.#end,
      offsetsPerSecond,
      etaMs: left === 0 ? 0 : offsetsPerSecond > 0 ? (left * 1000) / offsetsPerSecond : -1,
    }
  }
}

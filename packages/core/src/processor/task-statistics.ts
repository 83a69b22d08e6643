/** What one input of a partition has seen since the task was made. Plain numbers, for monitors. */
export interface InputStatistics {
  records: number
  bytes: number
  /** The offset of the next record to be given to a callback. */
  position: number
  /** What the group has committed; -1 before the first commit of the task. */
  committed: number
  /** The timestamp of the last record that was given to a callback, milliseconds since the epoch; -1 before the first. */
  lastTimestamp: number
}

/** What a task has done since it was made. */
export class TaskStatistics {
  readonly inputs: Map<string, InputStatistics> = new Map()
  /** Records whose callback or codec threw. */
  errors = 0
  /** Records skipped or sent to a dead letter topic. */
  skipped = 0
  /** Records that were called again. */
  retries = 0
  /** Records that callbacks sent; in transactions those that are committed. */
  emitted = 0

  /** Whether what was given to callbacks is committed. */
  get isCommitted(): boolean {
    for (const { committed, position } of this.inputs.values()) {
      if (committed < position) return false
    }
    return true
  }

  /** An input starts at an offset. */
  started(topic: string, position: number): void {
    this.#input(topic).position = position
  }

  /** Counts records of a batch that were given to callbacks: from `first` to before `next`. */
  processed(
    topic: string,
    records: number,
    bytes: number,
    position: number,
    timestamp: number,
  ): void {
    const input = this.#input(topic)
    input.records += records
    input.bytes += bytes
    input.position = position
    input.lastTimestamp = timestamp
  }

  /** Kafka has the positions of a commit. */
  committed(positions: ReadonlyMap<string, number>): void {
    for (const [topic, offset] of positions) {
      const input = this.#input(topic)
      input.committed = offset
      // Markers of transactions are not given to anybody.
      input.position = Math.max(input.position, offset)
    }
  }

  #input(topic: string): InputStatistics {
    let input = this.inputs.get(topic)
    if (input === undefined) {
      input = { records: 0, bytes: 0, position: 0, committed: -1, lastTimestamp: -1 }
      this.inputs.set(topic, input)
    }
    return input
  }
}

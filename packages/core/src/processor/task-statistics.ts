/** What one input of a partition has seen since the task was made. Plain numbers, for monitors. */
export interface InputStatistics {
  records: number
  bytes: number
  /** The offset after the last record that was given to a callback. */
  position: number
  /** The timestamp of that record, milliseconds since the epoch; -1 before the first. */
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
  /** Records sent by callbacks. */
  emitted = 0

  /** Counts records of a batch that were given to callbacks: from `first` to before `next`. */
  processed(
    topic: string,
    records: number,
    bytes: number,
    position: number,
    timestamp: number,
  ): void {
    let input = this.inputs.get(topic)
    if (input === undefined) {
      input = { records: 0, bytes: 0, position: 0, lastTimestamp: -1 }
      this.inputs.set(topic, input)
    }
    input.records += records
    input.bytes += bytes
    input.position = position
    input.lastTimestamp = timestamp
  }
}

import type { GroupConsumer, RecordBatch } from '@goka/interface'
import type { Assignment } from './assignment.ts'
import type { PartitionCheck } from './partition-check.ts'
import type { Scheduler } from './scheduler.ts'
import type { Throttle } from './throttle.ts'

/** How long a poll waits for records. */
const POLL_MS = 250

export interface IntakeOptions {
  readonly consumer: GroupConsumer
  readonly assignment: Assignment
  /** How many partitions the inputs have. */
  readonly partitions: number
  readonly check: PartitionCheck
  readonly scheduler: Scheduler
  readonly throttle: Throttle
  /** Ends the intake. */
  readonly signal: AbortSignal
}

/** Polls the group's records and hands them to the tasks of their partitions. */
export class Intake {
  readonly #options: IntakeOptions

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Polls until the signal is aborted; rejects with what makes going on impossible. */
  async run(): Promise<void> {
    const { consumer, assignment, scheduler, throttle, signal } = this.#options
    while (!signal.aborted) {
      const batches = await consumer.poll(POLL_MS)
      if (signal.aborted) return
      for (const batch of batches) this.#take(batch)
      if (batches.length === 0) continue
      scheduler.run()
      await throttle.wait([...assignment.holdings], consumer)
      // Records that are there at once must not keep timers and sockets waiting.
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }

  #take(batch: RecordBatch): void {
    const { assignment, check, partitions, scheduler } = this.#options
    const task = assignment.holding(batch.partition)?.task
    // Without a task the partition has gone meanwhile; its next owner reads the batch again.
    if (task === undefined) return
    const error = check.check(batch, partitions)
    if (error !== undefined) throw error
    task.enqueue(batch)
    scheduler.wake(task)
  }
}

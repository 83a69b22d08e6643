import type { ByteString, Clock, Logger, ProduceBatch } from '@goka/interface'
import type { EmitOptions } from '../graph/context.ts'
import type { Edges, ErrorPolicy } from '../graph/edges.ts'
import type { PartitionTable } from '../table/partition-table.ts'
import type { TableCopy } from '../table/table-copy.ts'
import type { Around } from './processor-options.ts'
import type { FailedRecord } from './record-error.ts'
import type { StateCodec } from './state-codec.ts'

/** What a task and the contexts of its callbacks share. */
export interface TaskScope extends StateCodec {
  readonly edges: Edges
  readonly partition: number
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
  /** The partition of the group table; `undefined` in a stateless group. */
  readonly table: PartitionTable | undefined
  readonly joins: ReadonlyMap<string, PartitionTable>
  readonly lookups: ReadonlyMap<string, TableCopy>
  /** The topics that `emit` may write to. */
  readonly outputs: ReadonlySet<string>
  readonly onError: ErrorPolicy
  /** Wraps every callback. */
  readonly around: Around | undefined
  /** How many different keys may be in asynchronous callbacks at a time. */
  readonly concurrency: number
  /** Whether outputs wait for the commit (exactly-once) or go out at once. */
  readonly holdOutputs: boolean
  newBatch(): ProduceBatch
  write(
    batch: ProduceBatch,
    topic: string,
    key: ByteString | null,
    value: Uint8Array | string | null,
    options: EmitOptions | undefined,
  ): void
  /** Sends outputs; resolves when they are acknowledged. */
  send(batch: ProduceBatch): Promise<unknown>
  /** A deferred commit was answered with an error. */
  deferredFailure(record: FailedRecord, error: unknown): void
  /** Ends the processor with an error that a policy lets through. */
  fail(error: unknown): void
  /** Whether more may be done before the next commit. */
  readonly hasRoom: () => boolean
  /** A batch is done: there may be room for others. */
  released(): void
  /** The task can go on: run it soon. */
  wake(): void
}

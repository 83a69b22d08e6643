import type { Awaitable, Headers, Logger } from '@goka/interface'
import type { Shape } from './shape.ts'
import type { Stream, Table, ValueOf } from './stream.ts'

/**
 * What a callback sees of the record it is called for, and what it may do. It holds for this one call: afterwards every
 * function throws `GOKA_PROCESSOR_CONTEXT`. What a callback does takes effect when it returns (or its promise resolves)
 * and is taken back when it throws.
 *
 * What a group does not declare is not there: `setValue` needs `persist`, `emit` an `output`, and so on.
 */
export type Context<G extends Shape> = RecordContext &
  ([G['state']] extends [never] ? unknown : StateContext<G['state']>) &
  ([G['join']] extends [never] ? unknown : JoinContext<G['join']>) &
  ([G['lookup']] extends [never] ? unknown : LookupContext<G['lookup']>) &
  ([G['output']] extends [never] ? unknown : EmitContext<G['output']>) &
  ([G['loop']] extends [never] ? unknown : LoopContext<G['loop']>)

/** The record, and what every callback may do. */
export interface RecordContext {
  /**
   * The key, read as UTF-8; `''` when the record has none. Bytes that are not UTF-8 read as U+FFFD; given back to `emit`,
   * `loopback` or `lookup` of the same context, the key stands for the bytes that it was read from.
   */
  readonly key: string
  /** The topic of the record; in a visit, the name of the visitor. */
  readonly topic: string
  readonly partition: number
  /** The offset of the record; -1 in a visit. */
  readonly offset: number
  /** Milliseconds since the epoch; -1 when the record has none. */
  readonly timestamp: number
  /** In their order, repeated names too. The values are views: copy what outlives the call. */
  readonly headers: Headers
  /** The name of the group. */
  readonly group: string
  /** A logger that adds group and partition. */
  readonly log: Logger
  /** Aborted when the partition is taken away or the processor stops in haste: for I/O that should not outlive it. */
  readonly signal: AbortSignal
  /** Ends the callback as if it had thrown `reason`. */
  fail(reason: unknown): never
  /**
   * Holds the commit of this record, and so of all later ones of the partition, until the returned function is called; an
   * error given to it fails the processor.
   */
  deferCommit(): (error?: unknown) => void
}

/** The value of the record's key in the group table. */
export interface StateContext<State> {
  /** `undefined` when there is none. An object is the caller's own copy. */
  value(): State | undefined
  /** Sets the value. Seen by `value()` at once. `undefined` and `null` are refused: use `delete`. */
  setValue(value: State): void
  /** Removes the key: a tombstone in the table. */
  delete(): void
  /** Sets what `change` makes of the value, and returns it; `undefined` deletes. */
  update(change: (value: State | undefined) => State | undefined): State | undefined
}

/** The values of the record's key in co-partitioned tables. */
export interface JoinContext<Joined extends Table<unknown>> {
  /** `undefined` when the table has no value for the key. An object is the caller's own copy. */
  join<T extends Joined>(table: T): ValueOf<T> | undefined
}

/** Any key of other tables. */
export interface LookupContext<LookedUp extends Table<unknown>> {
  /** At once where the storage answers at once; `await` is right for both. */
  lookup<T extends LookedUp>(table: T, key: string): Awaitable<ValueOf<T> | undefined>
}

/** What goes with a record that is written. */
export interface EmitOptions {
  readonly headers?: Headers
  /** Milliseconds since the epoch. Default: the moment of sending. */
  readonly timestampMs?: number
}

/** Writes to the declared outputs. */
export interface EmitContext<Output extends Stream<unknown>> {
  /** Sends a record; `null` sends a tombstone. It is acknowledged before the input's offset is committed. */
  emit<S extends Output>(
    stream: S,
    key: string,
    value: ValueOf<S> | null,
    options?: EmitOptions,
  ): void
}

/** Sends to the group itself: to the partition that another key belongs to. */
export interface LoopContext<Message> {
  /** Sends a message that the loop's callback is called with, in the order of the key. */
  loopback(key: string, message: Message, options?: EmitOptions): void
}

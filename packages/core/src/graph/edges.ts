import type { Codec } from '@goka/interface'
import type { BackoffOptions } from '../backoff.ts'
import type { Stream, Table } from './stream.ts'

/** What to do with a record whose callback or codec throws. */
export type ErrorPolicy =
  /** Stop the processor with the error; nothing past the record is committed. The default. */
  | 'fail'
  /** Go on with the next record; the error is logged. */
  | 'skip'
  /** Call again after a wait; when the tries are used up, do `then`. */
  | {
      readonly retry: BackoffOptions & {
        /** How often to try again. Default: without end. */
        readonly retries?: number
        /** Default `'fail'`. */
        readonly then?: Exclude<ErrorPolicy, { readonly retry: unknown }>
      }
    }
  /**
   * Send the record as it came (key, value, headers) to this topic, with the error, its stack and the record's topic,
   * partition and offset as headers, and go on.
   */
  | { readonly deadLetter: string }

/** What an input may set. */
export interface InputOptions {
  /**
   * Records without a value: `'ignore'` them (default), `'process'` them with `undefined` as the message, or let the
   * codec `'decode'` empty bytes.
   */
  readonly nil?: 'ignore' | 'process' | 'decode'
  /** Where to start when the group has committed nothing: `'earliest'` (default) or `'latest'`. */
  readonly initialOffset?: 'earliest' | 'latest'
  /** Default: the processor's. */
  readonly onError?: ErrorPolicy
}

/** A callback as the engine calls it: the types are the builder's business. */
export type AnyCallback = (context: never, message: never) => void | Promise<void>

/** An input or the loop of a group. */
export interface InputEdge {
  readonly topic: string
  readonly codec: Codec<unknown>
  readonly callback: AnyCallback
  readonly options: InputOptions
  readonly loop: boolean
}

/** Everything that a group declares. */
export interface Edges {
  readonly group: string
  readonly table: Table<unknown> | undefined
  readonly inputs: readonly InputEdge[]
  readonly joins: readonly Table<unknown>[]
  readonly lookups: readonly Table<unknown>[]
  readonly outputs: readonly Stream<unknown>[]
  readonly loop: Stream<unknown> | undefined
  readonly visitors: ReadonlyMap<string, AnyCallback>
}

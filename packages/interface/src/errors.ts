/**
 * What each error code carries in `details`. One table, documented in `docs/errors.md`; a code is added, never reused.
 * A plugin adds codes of its own, under its own prefix, by declaration merging:
 *
 * ```ts
 * declare module '@goka/interface' {
 *   interface ErrorDetails { ACME_S3_THROTTLED: { readonly retryAfterMs: number } }
 * }
 * ```
 */
export interface ErrorDetails {
  /** An option is missing, of the wrong type or out of range. */
  GOKA_OPTION_INVALID: {
    readonly option: string
    readonly expected: string
    readonly received: string
  }
  /** A group was declared in a way that cannot work. */
  GOKA_GRAPH_INVALID: { readonly group: string; readonly reason: string }

  /** A value is not of the codec's type. */
  GOKA_CODEC_ENCODE: { readonly codec: string; readonly received: string }
  /** Bytes are not of the codec's format; `prefix` shows the first of them. */
  GOKA_CODEC_DECODE: { readonly codec: string; readonly length: number; readonly prefix: string }

  /** The store is open already, in this process or in another one. */
  GOKA_STORAGE_LOCKED: StoreDetails
  /** The store cannot be read or written: permission, full disk, lost connection. */
  GOKA_STORAGE_UNAVAILABLE: StoreDetails
  /** What the store holds is damaged. */
  GOKA_STORAGE_CORRUPTED: StoreDetails
  /** The store was used after its close. */
  GOKA_STORAGE_NOT_OPEN: StoreDetails

  /** No broker answered. */
  GOKA_TRANSPORT_UNREACHABLE: { readonly brokers: string; readonly timeoutMs: number }
  /** The broker refused the credentials, or they do not allow the operation. */
  GOKA_TRANSPORT_UNAUTHORIZED: TransportDetails
  /** The client was used after its close. */
  GOKA_TRANSPORT_CLOSED: { readonly client: string }
  /** Another client with the same identity took over, or the assignment moved on: what this one did since is void. */
  GOKA_TRANSPORT_FENCED: TransportDetails
  /** Nobody knows whether the operation happened. The client must be closed and the truth read again from the broker. */
  GOKA_TRANSPORT_INDEFINITE: TransportDetails
  /** The transaction failed and must be aborted; the producer lives on. */
  GOKA_TRANSPORT_ABORTABLE: TransportDetails
  /** An offset is before the start or past the end of its partition. */
  GOKA_TRANSPORT_OFFSET_RANGE: {
    readonly topic: string
    readonly partition: number
    readonly offset: number
  }
  /** A record is larger than the broker or the client takes. */
  GOKA_TRANSPORT_RECORD_TOO_LARGE: {
    readonly topic: string
    readonly partition: number
    readonly bytes: number
  }
  /** The adapter, as it is installed, cannot do this; `capabilities` says so beforehand. */
  GOKA_TRANSPORT_UNSUPPORTED: { readonly operation: string; readonly reason: string }
  /** Any other fault of the transport. */
  GOKA_TRANSPORT_FAILED: TransportDetails

  /** The topic does not exist. */
  GOKA_TOPIC_UNKNOWN: { readonly topic: string }
  /** The topic exists already. */
  GOKA_TOPIC_EXISTS: { readonly topic: string }
  /** The topic is not as it has to be: partitions, cleanup policy, replication. */
  GOKA_TOPIC_MISMATCH: {
    readonly topic: string
    readonly property: string
    readonly expected: string
    readonly found: string
  }

  /** `run` was called on a processor or view that has been run before. */
  GOKA_RUN_TWICE: { readonly name: string }
  /** A callback threw, or its promise was rejected; the original is the `cause`. */
  GOKA_PROCESSOR_CALLBACK: RecordDetails
  /** A record cannot be decoded; the codec's error is the `cause`. */
  GOKA_PROCESSOR_DECODE: RecordDetails
  /** A callback asked its context for what the group does not declare, or used it after its time. */
  GOKA_PROCESSOR_CONTEXT: {
    readonly group: string
    readonly operation: string
    readonly reason: string
  }
  /** The processor is not running, or the partition of the key is not on this instance (yet). */
  GOKA_PROCESSOR_NOT_READY: {
    readonly group: string
    readonly partition: number
    readonly state: string
  }
  /** A record was found in a partition that its key does not belong to. */
  GOKA_PROCESSOR_PARTITIONER: RecordDetails & { readonly expectedPartition: number }
  /** A visit ended early: rebalance or shutdown. */
  GOKA_VISIT_ABORTED: { readonly group: string; readonly visited: number }
  /** The table of the view is not complete yet. */
  GOKA_VIEW_NOT_READY: { readonly table: string; readonly state: string }
  /** The emitter was closed. */
  GOKA_EMITTER_CLOSED: { readonly topic: string }
}

/** Where a storage error happened. */
export interface StoreDetails {
  readonly storage: string
  readonly topic: string
  readonly partition: number
  /** The folder or key of the store, as far as there is one. */
  readonly path: string
}

/** What a transport was doing when it failed. */
export interface TransportDetails {
  readonly operation: string
  /** Whether the same call may succeed later without anything else being changed. */
  readonly retriable: boolean
  /** The client library's own name of the fault: `'ERR__MSG_TIMED_OUT'`. */
  readonly reason: string
}

/** The record that an error is about. */
export interface RecordDetails {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string
}

/** The code of a {@link GokaError}. */
export type ErrorCode = keyof ErrorDetails

/** Every error that the library throws on purpose. Tell them apart by `code`, never by the message. */
export class GokaError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'GokaError'
  readonly code: Code
  readonly details: ErrorDetails[Code]

  constructor(code: Code, message: string, details: ErrorDetails[Code], options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.details = details
  }
}

/**
 * Whether `value` is a {@link GokaError}, of this code if one is given. Unlike `instanceof` it holds when the package is
 * installed twice, and it narrows `details`.
 */
export function isGokaError<Code extends ErrorCode = ErrorCode>(
  value: unknown,
  code?: Code,
): value is GokaError<Code> {
  if (typeof value !== 'object' || value === null) return false
  const error = value as Partial<GokaError>
  return error.name === 'GokaError' && (code === undefined || error.code === code)
}

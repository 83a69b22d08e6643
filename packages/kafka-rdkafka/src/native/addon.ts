import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import kafka from 'node-rdkafka'

// The classes of the addon (`native/`). A client is named by `client.name` of node-rdkafka, once it is connected; it must
// have been made with `pluginPath` in `plugin.library.paths`. `onWake` is called, without arguments, whenever there may be
// something new: several events may end in one call.

/** Pops records on a thread of its own; the layout of what it gives is in `native/record-slab.h`. */
export interface ConsumerPump {
  /** The next slab of records, if one is ready. */
  take(): ArrayBuffer | undefined
  /** The names of the topics by the index that slabs use; grows at the end. */
  topics(): string[]
  /** Draws a line: slabs that were popped after `settledMark` reached the returned number carry it or a higher one. */
  mark(): number
  settledMark(): number
  /** Ends the thread; `stopped` tells when, after a last wake. */
  stop(): void
  stopped(): boolean
}

/**
 * Hands batches to a producer, strictly in the order of `send`, on a thread of its own. Its client must have
 * `delivery.report.only.error` and no delivery callback: librdkafka's message opaque is the addon's.
 */
export interface ProducerSink {
  /** Rows, bytes and topics as in a `ProduceBatch`; rows and bytes are kept alive until it is taken. */
  send(
    id: number,
    topics: readonly string[],
    rows: ArrayBuffer,
    length: number,
    bytes: Uint8Array,
    byteLength: number,
    each: boolean,
  ): void
  /**
   * What became of a batch, in doubles: its id, the index of the first failure (-1: none), its code, and for each
   * partition with a record written its topic (by index), number, and the offset after its last record. Where the fate of
   * each was asked for: the id, an offset (or NaN) for each record, a code for each.
   */
  take(): ArrayBuffer | undefined
  /** Ends the thread; what the client has not taken yet fails with `ERR__DESTROY`. The others are still reported. */
  stop(): void
  stopped(): boolean
}

/** Asks a client; the kinds of requests and their arguments are in `native/request.h`. */
export interface RequestSession {
  submit(id: number, kind: string, args: readonly string[], timeoutMs: number): void
  /** An answer: the id of its request, librdkafka's code or 0, a message or the result as JSON. */
  take(): readonly [id: number, code: number, text: string] | undefined
  /** Whether the partitions that are being revoked are another member's already. */
  assignmentLost(): boolean
  /** Ends the thread; what is under way is answered with `ERR__DESTROY`. */
  stop(): void
  stopped(): boolean
}

/** One commit of offsets to a transaction, begun by its construction, on a thread that nothing waits for. */
export interface OffsetSending {
  /** What became of it, once it has returned: librdkafka's code or 0, and its message. */
  take():
    | readonly [
        code: number,
        text: string,
        isFatal: boolean,
        isRetriable: boolean,
        isTxnRequiresAbort: boolean,
      ]
    | undefined
  /** The event loop does not wait for it any more. */
  leave(): void
}

/** What `native/` exports. Constructors throw when there is no such client. */
export interface NativeAddon {
  /** The value for `plugin.library.paths`. */
  readonly pluginPath: string
  readonly ConsumerPump: new (
    client: string,
    maxRecords: number,
    maxBytes: number,
    maxReady: number,
    numberKeys: boolean,
    onWake: () => void,
  ) => ConsumerPump
  readonly ProducerSink: new (client: string, onWake: () => void) => ProducerSink
  readonly OffsetSending: new (
    producer: string,
    consumer: string,
    /** Topic, partition, offset, and so on. */
    offsets: readonly string[],
    timeoutMs: number,
    onWake: () => void,
  ) => OffsetSending
  readonly RequestSession: new (client: string, onWake: () => void) => RequestSession
}

const builtPath = fileURLToPath(
  new URL('../../native/build/Release/goka_rdkafka.node', import.meta.url),
)

/**
 * Loads the addon and tries whether this node-rdkafka takes it as a plugin.
 * @param onAbsent - told why, when it returns `undefined`: then node-rdkafka alone has to do
 * @param path - default: what the installation of this package has built
 */
export function loadNative(
  onAbsent?: (reason: string) => void,
  path: string = builtPath,
): NativeAddon | undefined {
  if (!existsSync(path)) {
    onAbsent?.('it was not built when the package was installed')
    return undefined
  }
  // librdkafka must open the very file that Node has loaded.
  const pluginPath = realpathSync(path)
  try {
    const classes = createRequire(import.meta.url)(pluginPath) as Omit<NativeAddon, 'pluginPath'>
    // Reads the configuration, and so runs the plugin's checks; connects to nothing.
    new kafka.Producer({ 'plugin.library.paths': pluginPath })
    return { ...classes, pluginPath }
  } catch (cause) {
    onAbsent?.(`it cannot be loaded: ${(cause as { message?: string }).message}`)
    return undefined
  }
}

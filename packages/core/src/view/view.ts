import { type ByteString, type Codec, GokaError } from '@goka/interface'
import { isLater } from '../awaitable.ts'
import { decodeKey, encodeKey } from '../key.ts'
import type { StateReader } from '../observable-state.ts'
import { type TableReport, tableReport } from '../processor/table-report.ts'
import type { Cell } from '../table/cell-cache.ts'
import { decodeCell, decodeCopy } from '../table/decode-copy.ts'
import { TableCopy, type TableCopyOptions, type TableCopyState } from '../table/table-copy.ts'
import { keyRange, type ViewRange } from './key-range.ts'
import { mergedEntries } from './merged-entries.ts'

/** A complete, local, read-only copy of a table, kept up to date. */
export class View<Value> {
  /** Where the view is in its life; `running` means complete and following. */
  readonly state: StateReader<TableCopyState>
  readonly #copy: TableCopy
  readonly #codec: Codec<Value>
  readonly #topic: string
  #run: Promise<void> | undefined

  /** Made by `Goka.view`. */
  constructor(codec: Codec<Value>, options: TableCopyOptions) {
    this.#codec = codec
    this.#topic = options.topic
    this.#copy = new TableCopy(options)
    this.state = this.#copy.state
  }

  /** The table's topic. */
  get topic(): string {
    return this.#topic
  }

  /**
   * Fills and follows the table until `stop` is called or `signal` is aborted. Rides out faults of the broker; rejects with
   * any other.
   * @throws GokaError `GOKA_RUN_TWICE`, `GOKA_TOPIC_UNKNOWN`, `GOKA_STORAGE_*`
   */
  run(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const name = this.#topic
    if (this.#run !== undefined) {
      return Promise.reject(
        new GokaError(
          'GOKA_RUN_TWICE',
          `the view of table "${name}" has been run before: make another one`,
          { name },
        ),
      )
    }
    const { signal } = options
    const stop = (): void => this.#copy.stop()
    if (signal?.aborted === true) stop()
    signal?.addEventListener('abort', stop, { once: true })
    // Between two tries nothing else may keep the process alive.
    const alive = setInterval(() => {}, 2 ** 30)
    this.#run = this.#copy.run().finally(() => {
      clearInterval(alive)
      signal?.removeEventListener('abort', stop)
    })
    return this.#run
  }

  /** Ends `run`; resolves when it has ended, however. */
  async stop(): Promise<void> {
    this.#copy.stop()
    this.#run ??= this.#copy.run()
    await this.#run.catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Whether everything that the table held at the start has been read; from then on reads are served. */
  get isComplete(): boolean {
    return this.#copy.isComplete
  }

  /**
   * For how long reads may have been out of date, milliseconds: 0 while the view is connected and at the end of its topic;
   * `Infinity` before the first connection.
   */
  get staleMs(): number {
    return this.#copy.staleMs
  }

  /**
   * The value of a key; `undefined` when there is none. An object is the caller's own copy.
   * @throws GokaError `GOKA_VIEW_NOT_READY` before the view is complete, `GOKA_CODEC_DECODE`
   */
  get(key: string): Promise<Value | undefined> {
    // Not an async function: a read from memory would take a quarter longer.
    try {
      const cell = this.#copy.get(encodeKey(key))
      return isLater(cell)
        ? cell.then((read) => this.#valueOf(read))
        : Promise.resolve(this.#valueOf(cell))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #valueOf(cell: Cell): Value | undefined {
    if (cell.decoded) return cell.value as Value | undefined
    const value = decodeCell(this.#codec, cell)
    // An object could be changed by who gets it: it is decoded anew each time.
    if (typeof value !== 'object') {
      cell.value = value
      cell.decoded = true
    }
    return value
  }

  /**
   * Whether a key has a value.
   * @throws GokaError `GOKA_VIEW_NOT_READY` before the view is complete
   */
  async has(key: string): Promise<boolean> {
    return (await this.#copy.get(encodeKey(key))).content !== undefined
  }

  /**
   * Keys and values of all partitions, in the order of the keys' bytes.
   * @throws GokaError `GOKA_VIEW_NOT_READY` before the view is complete
   */
  async *entries(
    range: ViewRange = {},
  ): AsyncGenerator<[key: string, value: Value], void, undefined> {
    const first: ByteString = ''
    this.#copy.tableOf(first)
    for await (const [key, bytes] of mergedEntries(this.#copy.tables, keyRange(range))) {
      yield [decodeKey(key), decodeCopy(this.#codec, bytes)]
    }
  }

  /** What each partition is doing: plain values, for monitors. */
  report(): readonly TableReport[] {
    return this.#copy.tables.map((table) => tableReport(table, 'view', this.#copy.reading(table)))
  }
}

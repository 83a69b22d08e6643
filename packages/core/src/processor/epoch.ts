import { ProduceBatch } from '@goka/interface'
import { type Deferred, deferred } from '../deferred.ts'
import { type Cell, type CellContent, contentBytes } from '../table/cell-cache.ts'

/**
 * What one task does between two commits: the records taken, the values written and the outputs. It is committed as a
 * whole or not at all.
 *
 * open (records enter) -> sealed (no more enter) -> drained (every callback of it is done) -> captured (its writes are
 * fixed) -> committed.
 */
export class Epoch {
  /** Outputs that are not sent yet. */
  outputs: ProduceBatch = new ProduceBatch()
  /** The cells that it wrote, each once. */
  readonly dirty: Cell[] = []
  /** For each input topic the offset after the last record that entered. */
  readonly positions: Map<string, number> = new Map()
  /** Records that entered. */
  records = 0
  // Values that a later epoch has overwritten before this one was captured.
  #frozen: Map<Cell, CellContent> | undefined
  #pending = 0
  #sealed = false
  #broken = false
  #captured = false
  #drained: Deferred | undefined
  #sending: Promise<unknown>[] = []
  // Bytes of the keys and values of its cells, and of outputs that are being sent.
  #bytes = 0

  /** Bytes of its keys, values and outputs. */
  get bytes(): number {
    return this.#bytes + this.outputs.byteLength
  }

  /** Whether nothing happened in it. */
  get isEmpty(): boolean {
    return this.positions.size === 0 && this.dirty.length === 0 && this.outputs.length === 0
  }

  /** Whether one of its records has ended the processor: it can never be committed. */
  get isBroken(): boolean {
    return this.#broken
  }

  /** Whether it is sealed and every callback of it is done. */
  get isDrained(): boolean {
    return this.#sealed && this.#pending === 0
  }

  get isCaptured(): boolean {
    return this.#captured
  }

  /** A callback, a deferred commit or a visit has begun. */
  begin(): void {
    this.#pending++
  }

  /** It has ended. */
  end(): void {
    this.#pending--
    if (this.isDrained) this.#drained?.resolve()
  }

  /** One of its records has ended the processor: it is never drained, so nothing of it or after it is committed. */
  break(): void {
    this.#broken = true
    this.#drained?.resolve()
  }

  /** Lets no more records in. */
  seal(): void {
    this.#sealed = true
    if (this.isDrained) this.#drained?.resolve()
  }

  /** Resolves when it is drained or broken. */
  whenDrained(): Promise<void> {
    this.#drained ??= deferred()
    if (this.isDrained || this.#broken) this.#drained.resolve()
    return this.#drained.promise
  }

  /** Sets the value of a cell. */
  write(cell: Cell, content: CellContent): void {
    const writer = cell.writer as Epoch | undefined
    if (writer !== this) {
      if (writer !== undefined && !writer.#captured) writer.#freeze(cell)
      cell.writer = this
      this.dirty.push(cell)
      this.#bytes += cell.key.length
    } else {
      this.#bytes -= contentBytes(cell.content)
    }
    cell.load(content)
    this.#bytes += contentBytes(content)
  }

  /** Takes back what one callback wrote: the value and the writer are again what they were before. */
  undo(cell: Cell, content: CellContent, writer: unknown): void {
    this.#bytes -= contentBytes(cell.content)
    cell.load(content)
    if (writer === this) {
      this.#bytes += contentBytes(content)
      return
    }
    this.#bytes -= cell.key.length
    cell.writer = writer
    this.dirty.splice(this.dirty.lastIndexOf(cell), 1)
    if (writer !== undefined) (writer as Epoch).#frozen?.delete(cell)
  }

  /** The value that it leaves in a cell of `dirty`. Right until the epoch is captured. */
  contentOf(cell: Cell): CellContent {
    const frozen = this.#frozen
    return frozen?.has(cell) === true ? frozen.get(cell) : cell.content
  }

  #freeze(cell: Cell): void {
    this.#frozen ??= new Map()
    this.#frozen.set(cell, cell.content)
  }

  /** Its writes have been read: what is written to its cells from now on is no concern of its. */
  capture(): void {
    this.#captured = true
    this.#frozen = undefined
  }

  /** It is in the store: lets go of what it holds, as cells remember the epoch that wrote them. */
  release(): void {
    this.dirty.length = 0
    this.#sending.length = 0
  }

  /** A send of outputs that has to be acknowledged before the epoch may be committed. */
  sending(sent: Promise<unknown>, bytes: number): void {
    this.#bytes += bytes
    // The rejection is seen by `sent()`; without a commit nobody else looks.
    sent.catch(() => {})
    this.#sending.push(sent)
  }

  /** Resolves when everything sent is acknowledged; rejects with the first failure. */
  async sent(): Promise<void> {
    await Promise.all(this.#sending)
    this.#sending = []
  }
}

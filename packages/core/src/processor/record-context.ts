import {
  type Awaitable,
  type ByteString,
  GokaError,
  type Headers,
  type Logger,
  type ProduceBatch,
} from '@goka/interface'
import { isLater } from '../awaitable.ts'
import { encodeShared } from '../encode-shared.ts'
import type { EmitOptions } from '../graph/context.ts'
import type { Stream, Table } from '../graph/stream.ts'
import { decodeKey, encodeKey } from '../key.ts'
import type { Cell, CellContent } from '../table/cell-cache.ts'
import { decodeCell } from '../table/decode-copy.ts'
import type { Epoch } from './epoch.ts'
import type { PreparedBatch } from './prepared-batch.ts'
import type { TaskScope } from './task-scope.ts'

/**
 * The context of callbacks: one object a task, moved from record to record while callbacks return at once; a callback
 * that returns a promise keeps its own. All functions are here; which of them a group may use is a matter of types first
 * and of a check second.
 */
export class CallbackContext {
  readonly #scope: TaskScope
  #active = false
  #key: string | undefined
  #item: PreparedBatch | undefined
  #index = 0
  #cell: Cell | undefined
  #epoch: Epoch | undefined
  // Where this call's outputs go, and from which record of it on they are this call's.
  #outputs: ProduceBatch | undefined
  #outputsFrom = 0
  // What to put back when the callback fails.
  #written = false
  #before: CellContent
  #writerBefore: unknown
  // How to take back the commits that this call has deferred.
  #deferrals: (() => void)[] | undefined

  constructor(scope: TaskScope) {
    this.#scope = scope
  }

  /** Moves to a record of a batch, or a key of a visit. */
  begin(item: PreparedBatch, index: number, epoch: Epoch): void {
    const { outputs } = epoch
    // What is the same for most records is not set again: old objects that point to young ones cost in collections.
    if (this.#item !== item) this.#item = item
    if (this.#epoch !== epoch) this.#epoch = epoch
    if (this.#outputs !== outputs) this.#outputs = outputs
    this.#index = index
    this.#key = undefined
    this.#cell = item.cells[index]
    this.#outputsFrom = outputs.length
    this.#written = false
    this.#deferrals = undefined
    this.#active = true
  }

  /** The callback has returned a promise: what it emits from now on is kept apart until it is done. */
  detach(): void {
    const shared = this.#outputs as ProduceBatch
    const own = this.#scope.newBatch()
    own.append(shared, this.#outputsFrom)
    shared.truncate(this.#outputsFrom)
    this.#outputs = own
    this.#outputsFrom = 0
  }

  /** The callback is done: what it did counts. */
  finish(): void {
    this.#active = false
    const epoch = this.#epoch as Epoch
    const outputs = this.#outputs as ProduceBatch
    if (outputs !== epoch.outputs && outputs.length > 0) epoch.outputs.append(outputs, 0)
  }

  /** The callback has failed: what it did is taken back. */
  rollback(): void {
    this.#active = false
    this.#outputs?.truncate(this.#outputsFrom)
    const cell = this.#cell
    if (this.#written && cell !== undefined) {
      this.#epoch?.undo(cell, this.#before, this.#writerBefore)
    }
    if (this.#deferrals !== undefined) for (const end of this.#deferrals) end()
  }

  get key(): string {
    this.#key ??= decodeKey(this.#keyBytes())
    return this.#key
  }

  #keyBytes(): ByteString {
    return this.#cell?.key ?? this.#item?.batch.key(this.#index) ?? ''
  }

  get topic(): string {
    return this.#item?.batch.topic ?? ''
  }

  get partition(): number {
    return this.#scope.partition
  }

  get offset(): number {
    return this.#item?.batch.offset(this.#index) ?? -1
  }

  get timestamp(): number {
    return this.#item?.batch.timestamp(this.#index) ?? -1
  }

  get headers(): Headers {
    return this.#item?.batch.headers(this.#index) ?? []
  }

  get group(): string {
    return this.#scope.edges.group
  }

  get log(): Logger {
    return this.#scope.log
  }

  get signal(): AbortSignal {
    return this.#scope.signal
  }

  fail(reason: unknown): never {
    throw reason
  }

  deferCommit(): (error?: unknown) => void {
    this.#check('deferCommit')
    const epoch = this.#epoch as Epoch
    const { topic, offset } = this
    const key = this.#keyBytes()
    epoch.begin()
    let open = true
    const end = (): void => {
      if (open) epoch.end()
      open = false
    }
    this.#deferrals ??= []
    this.#deferrals.push(end)
    return (error) => {
      if (!open || error === undefined || error === null) {
        end()
        return
      }
      open = false
      epoch.break()
      this.#scope.deferredFailure({ topic, partition: this.partition, offset, key }, error)
    }
  }

  value(): unknown {
    const cell = this.#state('value')
    if (cell.decoded) return cell.value
    const value = this.#scope.decodeState(cell.content as Uint8Array)
    if (typeof value !== 'object') {
      // An object could be changed by its holder: it is decoded anew each time.
      cell.value = value
      cell.decoded = true
    }
    return value
  }

  setValue(value: unknown): void {
    const cell = this.#state('setValue')
    if (value === undefined || value === null) {
      throw this.#refused('setValue', `${value} is not a value: use delete() to remove the key`)
    }
    const scope = this.#scope
    if (scope.canWait(value)) {
      this.#write(cell, value as CellContent)
      return
    }
    this.#write(cell, scope.encodeState(value, cell.key))
    if (typeof value !== 'object') {
      cell.decoded = true
      cell.value = value
    }
  }

  delete(): void {
    const cell = this.#state('delete')
    this.#write(cell, undefined)
  }

  update(change: (value: unknown) => unknown): unknown {
    const value = change(this.value())
    if (value === undefined) this.delete()
    else this.setValue(value)
    return value
  }

  #write(cell: Cell, content: CellContent): void {
    if (!this.#written) {
      this.#written = true
      this.#before = cell.content
      this.#writerBefore = cell.writer
    }
    ;(this.#epoch as Epoch).write(cell, content)
  }

  join(table: Table<unknown>): unknown {
    this.#check('join')
    const cells = this.#item?.joined.get(table?.topic)
    if (cells === undefined) {
      throw this.#refused('join', `table "${table?.topic}" is not declared: add .join(table)`)
    }
    // Fetched ahead with the batch, so that every storage answers at once.
    return decodeCell(table.codec, cells[this.#index] as Cell)
  }

  lookup(table: Table<unknown>, key: string): Awaitable<unknown> {
    this.#check('lookup')
    const copy = this.#scope.lookups.get(table?.topic)
    if (copy === undefined) {
      throw this.#refused('lookup', `table "${table?.topic}" is not declared: add .lookup(table)`)
    }
    const found = copy.get(this.#bytesOf(key))
    return isLater(found)
      ? found.then((cell) => decodeCell(table.codec, cell))
      : decodeCell(table.codec, found)
  }

  emit(stream: Stream<unknown>, key: string, value: unknown, options?: EmitOptions): void {
    this.#check('emit')
    if (!this.#scope.outputs.has(stream?.topic)) {
      throw this.#refused('emit', `stream "${stream?.topic}" is not declared: add .output(stream)`)
    }
    this.#send(stream, 'emit', key, value, options)
  }

  loopback(key: string, value: unknown, options?: EmitOptions): void {
    this.#check('loopback')
    const { loop } = this.#scope.edges
    if (loop === undefined) {
      throw this.#refused('loopback', 'the group has no loop: add .loop(codec, callback)')
    }
    if (value === null) {
      throw this.#refused('loopback', 'null is not a message: a loop carries no tombstones')
    }
    this.#send(loop, 'loopback', key, value, options)
  }

  #send(
    stream: Stream<unknown>,
    operation: string,
    key: string,
    value: unknown,
    options: EmitOptions | undefined,
  ): void {
    if (value === undefined) {
      throw this.#refused(operation, 'undefined is not a value: null sends a tombstone')
    }
    if (typeof key !== 'string') throw this.#refused(operation, 'the key must be a string')
    const bytes = value === null ? null : encodeShared(stream.codec, value)
    const outputs = this.#outputs as ProduceBatch
    this.#scope.write(outputs, stream.topic, this.#bytesOf(key), bytes, options)
  }

  // The key of the record stands for the bytes that it was read from, whether or not they are UTF-8.
  #bytesOf(key: string): ByteString {
    return key === this.#key ? this.#keyBytes() : encodeKey(key)
  }

  #state(operation: string): Cell {
    this.#check(operation)
    if (this.#cell === undefined) {
      throw this.#refused(operation, 'the group has no table: add .persist(codec)')
    }
    return this.#cell
  }

  #check(operation: string): void {
    if (!this.#active) {
      throw this.#refused(
        operation,
        'the callback is over: await what it does, or return the promise of it',
      )
    }
  }

  #refused(operation: string, reason: string): GokaError {
    const { group } = this.#scope.edges
    return new GokaError(
      'GOKA_PROCESSOR_CONTEXT',
      `group "${group}" cannot ${operation}: ${reason}`,
      { group, operation, reason },
    )
  }
}

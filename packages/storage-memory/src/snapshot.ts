import type { ByteString } from '@goka/interface'

type Values = ReadonlyMap<ByteString, Uint8Array>

/**
 * A map as it was at one moment. It copies nothing: whoever changes the map says beforehand what was there, while at
 * least one snapshot is held.
 */
export class Snapshot {
  readonly #values: Values
  /** What was under the keys that changed since; `undefined` is no value. */
  readonly #before = new Map<ByteString, Uint8Array | undefined>()

  /** Keys that were there at that moment, in order, among others that were not. */
  readonly keys: readonly ByteString[]
  /** How many walks use this one. */
  holders = 0

  constructor(keys: readonly ByteString[], values: Values) {
    this.keys = keys
    this.#values = values
  }

  get(key: ByteString): Uint8Array | undefined {
    const before = this.#before.get(key)
    if (before !== undefined) return before
    return this.#before.has(key) ? undefined : this.#values.get(key)
  }

  /** Must be called before the value of `key` is replaced or removed. */
  keep(key: ByteString, value: Uint8Array | undefined): void {
    if (!this.#before.has(key)) this.#before.set(key, value)
  }
}

/**
 * Turns the values of a stream or table into bytes and back.
 *
 * A codec is stateless and synchronous; both functions may be called at any time, from several processors. `null` and
 * `undefined` are not values: a record without a value (a tombstone) never reaches a codec.
 *
 * Law: `decode(encode(value))` equals `value` for every value of `T`.
 */
export interface Codec<T> {
  /** Names the codec in errors and in the monitor: `'json'`. */
  readonly name: string
  /**
   * The bytes of `value`. The array belongs to the caller afterwards: a codec does not keep or reuse it.
   * @throws GokaError `GOKA_CODEC_ENCODE` when `value` is not of the codec's type.
   */
  encode(value: T): Uint8Array
  /**
   * The value in `bytes`. The memory belongs to the caller and may be a part of a larger one: a codec that returns bytes
   * and keeps a view says so in its documentation; it must never write to it.
   * @throws GokaError `GOKA_CODEC_DECODE` when the bytes are not of the codec's format.
   */
  decode(bytes: Uint8Array): T
}

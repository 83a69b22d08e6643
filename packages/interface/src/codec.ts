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
   * The value in `bytes`. The memory belongs to the caller and may be a part of a larger one: a codec whose values are views
   * of it says so by `decodesToViews`; it must never write to it.
   * @throws GokaError `GOKA_CODEC_DECODE` when the bytes are not of the codec's format.
   */
  decode(bytes: Uint8Array): T
  /**
   * Throws what `encode` would throw for `value`, and else does nothing. Optional, for codecs of values that are not
   * objects: with it, a value that a callback sets is encoded when it is committed, and not again for each time it was set.
   */
  check?(value: T): void
  /**
   * What `encode` gives, for a caller that copies it at once: the bytes may be others' memory, such as the value's own, and
   * a string stands for its UTF-8. Optional; with it, nothing is made for a value that is sent but the record itself.
   * @throws GokaError what `encode` throws
   */
  encodeShared?(value: T): Uint8Array | string
  /**
   * Decoded values are views of the bytes that they were decoded from. Such a message is part of the memory of its batch,
   * which stays as long as the message is kept; of the values in tables the core makes copies.
   */
  readonly decodesToViews?: true
}

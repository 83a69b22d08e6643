/**
 * Bytes as a string: each char is one byte (U+0000 to U+00FF, latin1). Lossless, cheap to hash and compare, and the
 * order of such strings (`<`) is the order of their bytes, which is the order of keys in Kafka, LevelDB and Redis.
 * All keys inside the library are byte strings; what a user sees is decoded from them.
 * `Buffer.from(key, 'latin1')` gives the bytes, `buffer.toString('latin1')` the byte string.
 */
export type ByteString = string

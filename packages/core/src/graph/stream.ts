import type { Codec } from '@goka/interface'
import { checkCodec, checkTopic } from '../options.ts'

/**
 * A topic of events with the codec of its values. `Topic` is the literal name, so that two streams of one value type are
 * still two types.
 */
export interface Stream<T, Topic extends string = string> {
  readonly kind: 'stream'
  readonly topic: Topic
  readonly codec: Codec<T>
}

/** A compacted topic, the last value per key, with the codec of its values. */
export interface Table<T, Topic extends string = string> {
  readonly kind: 'table'
  readonly topic: Topic
  readonly codec: Codec<T>
}

/** The type of the values of a stream or table. */
export type ValueOf<S> = S extends { readonly codec: Codec<infer T> } ? T : never

/**
 * Describes a topic of events.
 * @throws GokaError `GOKA_OPTION_INVALID` when the name is not one that Kafka allows
 */
export function stream<T, const Topic extends string>(
  topic: Topic,
  codec: Codec<T>,
): Stream<T, Topic> {
  return Object.freeze({
    kind: 'stream',
    topic: checkTopic('topic', topic),
    codec: checkCodec('codec', codec),
  })
}

/**
 * Describes a table: a compacted topic that somebody else writes, for `join`, `lookup` and views. The table of a group is
 * `group.table`.
 * @throws GokaError `GOKA_OPTION_INVALID` when the name is not one that Kafka allows
 */
export function table<T, const Topic extends string>(
  topic: Topic,
  codec: Codec<T>,
): Table<T, Topic> {
  return Object.freeze({
    kind: 'table',
    topic: checkTopic('topic', topic),
    codec: checkCodec('codec', codec),
  })
}

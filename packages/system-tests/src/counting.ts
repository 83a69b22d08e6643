import { int64, string } from '@goka/codecs'
import {
  defineGroup,
  type EmptyShape,
  type Group,
  type Stream,
  stream,
  type With,
} from '@goka/core'

/** A group that counts the messages of each key of a topic. */
export type CountingGroup = Group<string, With<EmptyShape, { state: bigint }>>

/** The topic that is counted. */
export function countedStream(topic: string): Stream<string> {
  return stream(topic, string)
}

/** The group that counts it. */
export function countingGroup(group: string, topic: string): CountingGroup {
  return defineGroup(group)
    .persist(int64)
    .input(countedStream(topic), (ctx) => {
      ctx.setValue((ctx.value() ?? 0n) + 1n)
    })
}

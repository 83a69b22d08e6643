import { json } from '@goka/codecs'
import {
  defineGroup,
  type EmptyShape,
  type Group,
  type Stream,
  stream,
  type With,
} from '@goka/core'

/** A message: the nth of its key. */
export interface Numbered {
  readonly number: number
}

/** What the group keeps for a key, and what it sends for each message. */
export interface Running {
  readonly count: number
  readonly sum: number
  readonly last: number
}

/** The names of a crash test's topics. */
export interface SummingTopics {
  readonly group: string
  readonly input: string
  readonly output: string
}

export function inputStream({ input }: SummingTopics): Stream<Numbered> {
  return stream(input, json<Numbered>())
}

function outputStream({ output }: SummingTopics): Stream<Running> {
  return stream(output, json<Running>())
}

/** What comes after `before` with message `number`. */
export function next(before: Running | undefined, number: number): Running {
  const { count, sum } = before ?? { count: 0, sum: 0 }
  return { count: count + 1, sum: sum + number, last: number }
}

/** A group that sums the messages of each key. */
export type SummingGroup = Group<
  string,
  With<EmptyShape, { state: Running; output: Stream<Running> }>
>

/** A group whose outputs are running values: any loss, repetition or stale state shows in them. */
export function summingGroup(topics: SummingTopics): SummingGroup {
  const output = outputStream(topics)
  return defineGroup(topics.group)
    .persist(json<Running>())
    .output(output)
    .input(inputStream(topics), (ctx, { number }) => {
      const running = next(ctx.value(), number)
      ctx.setValue(running)
      ctx.emit(output, ctx.key, running)
    })
}

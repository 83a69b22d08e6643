import { int64, string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'

/** What the emitter writes and the group reads. */
export const examples = stream('example-stream', string)

/** Counts the messages of each key, in its table `example-group-table`. */
export const counter = defineGroup('example-group')
  .persist(int64)
  .input(examples, (ctx, message) => {
    const count = (ctx.value() ?? 0n) + 1n
    ctx.setValue(count)
    ctx.log.info({ key: ctx.key, count, message })
  })

// Counts the records of each key and sends each on.
import { bytes } from '@goka/codecs/bytes'
import { integer } from '@goka/codecs/integer'
import { defineGroup, stream } from '@goka/core'
import { ourGoka } from './our-goka.ts'
import { Program } from './program.ts'
import { runProcessor } from './run-processor.ts'

const program = new Program()
const output = stream(program.text('output'), bytes)
const group = defineGroup(program.text('group'))
  .persist(integer)
  .output(output)
  .input(stream(program.text('input'), bytes), (ctx, message) => {
    ctx.setValue((ctx.value() ?? 0) + 1)
    ctx.emit(output, ctx.key, message)
  })
await runProcessor(program, ourGoka(program), group)

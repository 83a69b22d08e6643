// Counts the records of each key. Told to report them, it also says what its recovery has read.
import { bytes } from '@goka/codecs/bytes'
import { integer } from '@goka/codecs/integer'
import { defineGroup, stream } from '@goka/core'
import { LastRecords } from './last-records.ts'
import { ourGoka } from './our-goka.ts'
import { Program } from './program.ts'
import { runProcessor } from './run-processor.ts'

const program = new Program()
const records = new LastRecords(program)
const group = defineGroup(program.text('group'))
  .persist(integer)
  .input(stream(program.text('input'), bytes), (ctx) => {
    ctx.setValue((ctx.value() ?? 0) + 1)
    records.processed(ctx.partition, ctx.offset)
  })
await runProcessor(program, ourGoka(program), group)

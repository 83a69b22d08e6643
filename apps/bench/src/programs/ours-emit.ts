// Emits records. Not every promise is awaited: each thousandth, and that some way behind.
import { setImmediate as turn } from 'node:timers/promises'
import { bytes } from '@goka/codecs/bytes'
import { stream } from '@goka/core'
import { EmittedRecords } from './emitted-records.ts'
import { ourGoka } from './our-goka.ts'
import { Program } from './program.ts'

const program = new Program()
const records = new EmittedRecords(program)
const emitter = ourGoka(program).emitter(stream(program.text('output'), bytes))
await program.begin()
await emit(0) // connects
program.say('first')
const waiting: Promise<unknown>[] = []
for (let record = 1; record < records.count; record++) {
  const emitted = emit(record)
  if (record % 1_000 > 0) continue
  waiting.push(emitted)
  if (waiting.length > 100) await waiting.shift()
  else await turn()
}
await emitter.flush()
program.say('done')
await program.told('stop')
await emitter.close()
process.exit(0)

function emit(record: number): Promise<unknown> {
  const key = records.key(record)
  return emitter.emit(key, records.value(record, key))
}

// Reads pseudo-random keys of a view, one after the other.
import { integer } from '@goka/codecs/integer'
import { table } from '@goka/core'
import { keyName, keyOfRecord } from '../keys.ts'
import { ourGoka } from './our-goka.ts'
import { Program } from './program.ts'

const program = new Program()
const gets = program.number('records')
const keys = program.number('keys')
const view = ourGoka(program).view(
  table(program.text('table'), integer),
  program.has('cacheBytes') ? { cacheBytes: program.number('cacheBytes') } : {},
)
await program.begin()
const running = view.run()
running.catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`)
  process.exit(1)
})
await view.state.until('running')
let sum = 0
const startMs = performance.now()
for (let get = 0; get < gets; get++) {
  sum += (await view.get(keyName(keyOfRecord(get, keys)))) ?? Number.NaN
}
program.say('done', { seconds: (performance.now() - startMs) / 1_000, sum })
await program.told('stop')
await view.stop()
process.exit(0)

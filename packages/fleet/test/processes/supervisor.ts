// A fleet that runs until this process ends, however.
import { Fleet } from '@goka/fleet'

const [behaviour = '', port = ''] = process.argv.slice(2)
const fleet = new Fleet({
  program: new URL('scripted.ts', import.meta.url),
  processes: 2,
  args: [behaviour, port],
  stopTimeoutMs: 500,
})
await fleet.run()

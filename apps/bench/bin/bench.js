import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

// What is measured is compiled, as users run it.
const folder = dirname(dirname(fileURLToPath(import.meta.url)))
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const { status } = spawnSync(process.execPath, [tsc, '-b', folder], {
  stdio: ['ignore', process.stderr, process.stderr],
})
if (status !== 0) process.exit(status ?? 1)
// A signal ends this process as an exit does, so that everything it has started is ended first.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))
const { main } = await import('../dist/main.js')
process.exitCode = await main(process.argv.slice(2))

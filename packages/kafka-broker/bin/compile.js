import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(dirname(fileURLToPath(import.meta.url)))

/** Compiles the package if it has changed: Jest's global set-up and the command line load it without a transform. */
export function compile() {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-b', folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`@goka/kafka-broker does not compile:\n${stdout}`)
}

import { join } from 'node:path'
import { capture, root } from './command.js'
import { pnpm } from './pnpm.js'

/**
 * Compiles node-rdkafka unless it loads already. An install without install scripts leaves it uncompiled, and a change
 * of the Node major makes it unloadable; both are cured here.
 */
export async function compileNativeKafka() {
  if (loads()) return 0
  console.error('compiling node-rdkafka with its librdkafka: two to three minutes, once')
  const exitCode = await pnpm(['rebuild', 'node-rdkafka'], { quiet: true })
  if (exitCode !== 0) return exitCode
  if (loads()) return 0
  console.error(
    'node-rdkafka was compiled and still does not load; remove node_modules and try again',
  )
  return 1
}

function loads() {
  const cwd = join(root, 'packages', 'kafka-rdkafka')
  return capture(process.execPath, ['-e', 'require("node-rdkafka")'], { cwd }) !== undefined
}

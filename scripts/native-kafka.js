import { join } from 'node:path'
import { capture, root, runNode } from './command.js'
import { pnpm } from './pnpm.js'

const adapter = join(root, 'packages', 'kafka-rdkafka')

/**
 * Compiles what is native about the Kafka client unless it is there. An install without install scripts leaves it
 * uncompiled, and a change of the Node major makes it unloadable; both are cured here. Options as of `run`.
 */
export async function compileNativeKafka(options) {
  if (!loads()) {
    console.error('compiling node-rdkafka with its librdkafka: two to three minutes, once')
    const exitCode = await pnpm(['rebuild', 'node-rdkafka'], { ...options, quiet: true })
    if (exitCode !== 0) return exitCode
    if (!loads()) {
      console.error(
        'node-rdkafka was compiled and does not load: remove node_modules and try again',
      )
      return 1
    }
  }
  // The adapter's own native part; this looks itself whether there is anything to do.
  return runNode(['install.js'], { ...options, cwd: adapter })
}

function loads() {
  const args = ['-e', 'require("node-rdkafka")']
  return capture(process.execPath, args, { cwd: adapter }) !== undefined
}

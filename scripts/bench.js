import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root, runNode } from './command.js'
import { compileNativeKafka } from './native-kafka.js'
import { pnpm } from './pnpm.js'
import {
  checkNode,
  checkRequirements,
  compileRequirements,
  testRequirements,
} from './requirements.js'

/** `npm run bench -- args`: installs what the benches need where that is missing, then runs them. See docs/benchmarks.md. */
async function bench(args) {
  const app = join(root, 'apps', 'bench')
  const requirements = process.env.KAFKA_BROKERS ? compileRequirements : testRequirements
  if (!checkNode() || !checkRequirements(requirements)) return 1
  const isInstalled = existsSync(join(app, 'node_modules'))
  if (!isInstalled) console.error('installing what the benches need')
  const steps = [
    () => (isInstalled ? 0 : pnpm(installBench, { quiet: true })),
    compileNativeKafka,
    () => runNode([join(app, 'bin', 'bench.js'), ...args]),
  ]
  for (const step of steps) {
    const exitCode = await step()
    if (exitCode !== 0) return exitCode
  }
  return 0
}

const installBench = [
  'install',
  '--frozen-lockfile',
  '--filter=@goka/bench...',
  // As for `npm start`: see there. What has to be compiled is, right after.
  '--config.prune-direct-dependencies=true',
  '--ignore-scripts',
  '--trust-lockfile',
]

process.exitCode = await bench(process.argv.slice(2))

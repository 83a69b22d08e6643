import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root, runNode } from './command.js'
import { compileNativeKafka } from './native-kafka.js'
import { pnpm } from './pnpm.js'
import { checkNode, checkRequirements, compileRequirements } from './requirements.js'

/**
 * `npm start -- args`: installs and builds what the getting-started program needs, then runs it. package.json says
 * `exec`, because a shell between npm and this program keeps npm's signals to itself.
 */
async function start(args) {
  const onRealKafka = args.some((arg) => arg === '--brokers' || arg.startsWith('--brokers='))
  if (!checkNode()) return 1
  if (onRealKafka && !checkRequirements(compileRequirements)) return 1

  const app = join(root, 'apps', 'examples')
  const tsc = join(app, 'node_modules', 'typescript', 'bin', 'tsc')
  if (!existsSync(join(app, 'node_modules'))) console.error('installing what the program needs')
  const steps = [
    () => pnpm(installExamples, { quiet: true }),
    () => (onRealKafka ? compileNativeKafka() : 0),
    () => runNode([tsc, '-b', app], { quiet: true }),
    () => runNode([join(app, 'dist', 'getting-started.js'), ...args]),
  ]
  for (const step of steps) {
    const exitCode = await step()
    if (exitCode !== 0) return exitCode
  }
  return 0
}

const installExamples = [
  'install',
  '--frozen-lockfile',
  '--filter=@goka/examples...',
  // Leaves the tools at the root out. What a full install put there stays.
  '--config.prune-direct-dependencies=true',
  // node-rdkafka stays uncompiled: the embedded broker does without it.
  '--ignore-scripts',
  // Integrity is checked all the same; the policy check of all packages asks the registry hundreds of times, and is `npm test`'s.
  '--trust-lockfile',
]

process.exitCode = await start(process.argv.slice(2))

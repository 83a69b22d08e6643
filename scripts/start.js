import { join } from 'node:path'
import { root, runNode } from './command.js'
import { compileNativeKafka } from './native-kafka.js'
import { pnpm } from './pnpm.js'
import { checkNode, checkRequirements, compileRequirements } from './requirements.js'

/** `npm start -- args`: installs and builds what the getting-started program needs, then becomes that program. */
async function start(args) {
  const onRealKafka = args.some((arg) => arg === '--brokers' || arg.startsWith('--brokers='))
  if (!checkNode()) return 1
  if (onRealKafka && !checkRequirements(compileRequirements)) return 1

  const app = join(root, 'apps', 'examples')
  const tsc = join(app, 'node_modules', 'typescript', 'bin', 'tsc')
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

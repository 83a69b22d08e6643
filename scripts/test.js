import { runNode } from './command.js'
import { countTests, jestResultsArguments, removeJestResults } from './jest-results.js'
import { compileNativeKafka } from './native-kafka.js'
import { pnpm } from './pnpm.js'
import { installRedis } from './redis.js'
import { checkNode, checkRequirements, testRequirements } from './requirements.js'
import { rootManifest, workspacePackages } from './workspace.js'

/** `npm test`: everything that is checked, in an empty clone too, on a real Kafka. */
async function test() {
  removeJestResults()
  const prepared =
    (await section('tools', () => (checkNode() && checkRequirements(testRequirements) ? 0 : 1))) &&
    (await section('installation', () =>
      pnpm(['install', '--frozen-lockfile'], { quiet: true }),
    )) &&
    (await section('native Kafka client', compileNativeKafka))
  if (!prepared) return
  await section('Redis', installRedis)

  for (const check of Object.keys(rootManifest.scripts).filter((name) => /^check:/.test(name))) {
    await section(check, () => pnpm(['run', check]))
  }
  const packages = workspacePackages()
  for (const each of [
    ...packages.filter((it) => !needsKafka(it)),
    ...packages.filter(needsKafka),
  ]) {
    const { name } = each.manifest
    const title = needsKafka(each) ? `tests of ${name} on a real Kafka` : `tests of ${name}`
    const options = { cwd: each.folder, timeoutMs: 20 * 60_000 }
    await section(title, () => pnpm(['test', ...jestResultsArguments(name)], options))
  }
  await section('packed packages', () => runNode(['scripts/packed-packages.js']))
}

function needsKafka({ manifest: { name, dependencies, devDependencies } }) {
  return name === broker || broker in { ...dependencies, ...devDependencies }
}

/** Runs one section under its heading; resolves to whether it passed. A failure does not end the run. */
async function section(title, body) {
  if (interrupted) return false
  console.log(`\n== ${title}`)
  const startedAt = Date.now()
  const passed = (await body()) === 0
  sections.push({ title, passed, seconds: Math.round((Date.now() - startedAt) / 1000) })
  return passed
}

function summarize() {
  console.log('\n== summary')
  for (const { title, passed, seconds } of sections) {
    console.log(`${passed ? 'passed' : 'FAILED'}  ${title} (${seconds} s)`)
  }
  const { passed, failed, skipped } = countTests()
  if (interrupted) console.log('interrupted')
  if (skipped > 0) console.log(`${skipped} skipped`)
  console.log(`${passed} passed, ${failed} failed`)
  return !interrupted && failed === 0 && sections.every((each) => each.passed)
}

const broker = '@goka/kafka-broker'
const sections = []
let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => (interrupted = true))

await test()
process.exitCode = summarize() ? 0 : 1

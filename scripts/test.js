import { runNode } from './command.js'
import { countTests, jestResultsArguments, removeJestResults } from './jest-results.js'
import { compileNativeKafka } from './native-kafka.js'
import { pnpm } from './pnpm.js'
import { installRedis } from './redis.js'
import { checkNode, checkRequirements, testRequirements } from './requirements.js'
import { rootManifest, workspacePackages } from './workspace.js'

/**
 * `npm test`: everything that is checked, in an empty clone too, on a real Kafka. The native Kafka client is compiled beside
 * all that does without it.
 */
async function test() {
  removeJestResults()
  const prepared =
    (await section('tools', () => (checkNode() && checkRequirements(testRequirements) ? 0 : 1))) &&
    (await section('installation', install))
  if (!prepared) return
  const compiled = sectionBeside('native Kafka client', compileNativeKafka)
  await section('Redis', installRedis)

  for (const check of Object.keys(rootManifest.scripts).filter((name) => /^check:/.test(name))) {
    await section(check, () => pnpm(['run', check]))
  }
  const packages = workspacePackages()
  for (const each of packages.filter((it) => !needs(it, nativeKafka))) await testPackage(each)
  if (!(await compiled)) return
  for (const each of packages.filter((it) => needs(it, nativeKafka))) await testPackage(each)
  await section('packed packages', () => runNode(['scripts/packed-packages.js']))
}

/** Installs everything, and leaves uncompiled what takes minutes. */
async function install() {
  const installed = await pnpm(['install', '--frozen-lockfile', '--ignore-scripts'], {
    quiet: true,
  })
  return installed || (await pnpm(['rebuild', 'classic-level'], { quiet: true }))
}

function testPackage(each) {
  const { name } = each.manifest
  const title = needs(each, broker) ? `tests of ${name} on a real Kafka` : `tests of ${name}`
  const options = { cwd: each.folder, timeoutMs: 20 * 60_000 }
  return section(title, () => pnpm(['test', ...jestResultsArguments(name)], options))
}

function needs({ manifest: { name, dependencies, devDependencies } }, packageName) {
  return name === packageName || packageName in { ...dependencies, ...devDependencies }
}

/** Runs one section under its heading; resolves to whether it passed. A failure does not end the run. */
async function section(title, body) {
  if (interrupted) return false
  printOutputs()
  console.log(`\n== ${title}`)
  return await measured(title, body)
}

/** Runs a section beside others: its output is printed in one piece, between two of them, when it has ended. */
async function sectionBeside(title, body) {
  const output = []
  const passed = await measured(title, () => body({ output }))
  outputs.push({ title, output })
  return passed
}

function printOutputs() {
  for (const { title, output } of outputs.splice(0)) {
    console.log(`\n== ${title}`)
    process.stdout.write(Buffer.concat(output))
  }
}

async function measured(title, body) {
  const startedAt = Date.now()
  const passed = (await body()) === 0
  sections.push({ title, passed, seconds: Math.round((Date.now() - startedAt) / 1000) })
  return passed
}

function summarize() {
  printOutputs()
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
const nativeKafka = '@goka/kafka-rdkafka'
const sections = []
const outputs = []
let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => (interrupted = true))

await test()
process.exitCode = summarize() ? 0 : 1

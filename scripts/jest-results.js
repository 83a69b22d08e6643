import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './command.js'

const folder = join(root, '.cache', 'jest-results')

/** The results of an earlier run must not count in this one. */
export function removeJestResults() {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
}

/** Arguments that make Jest leave its results of one package behind. */
export function jestResultsArguments(packageName) {
  return ['--json', `--outputFile=${join(folder, `${packageName.replace('/', '+')}.json`)}`]
}

/** The tests of all results together. A test file that could not be run counts as one failed test. */
export function countTests() {
  const count = { passed: 0, failed: 0, skipped: 0 }
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    const results = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    count.passed += results.numPassedTests
    count.failed += results.numFailedTests + results.numRuntimeErrorTestSuites
    count.skipped += results.numPendingTests + results.numTodoTests
  }
  return count
}

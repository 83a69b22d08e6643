import type { TestRunner } from '@goka/conformance/transport'

/** A runner that runs nothing but keeps the tests by name, so that a test of the suite can run them. */
export function collectTests(
  define: (runner: TestRunner) => void,
): ReadonlyMap<string, () => Promise<void>> {
  const tests = new Map<string, () => Promise<void>>()
  define({
    describe: (_name, body) => {
      body()
    },
    it: (name, body) => {
      if (tests.has(name)) throw new Error(`two tests are named "${name}"`)
      tests.set(name, body)
    },
  })
  return tests
}

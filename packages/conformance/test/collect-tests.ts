import type { TestRunner } from '../src/storage.ts'

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

/** The names of the tests that fail. */
export async function failures(
  tests: ReadonlyMap<string, () => Promise<void>>,
): Promise<readonly string[]> {
  const failed: string[] = []
  for (const [name, body] of tests) {
    try {
      await body()
    } catch {
      failed.push(name)
    }
  }
  return failed
}

import assert from 'node:assert/strict'
import type { SuiteOptions } from './runner.ts'

/** Tests by name; names are unique within a suite. `Case` is what each test gets. */
export type Tests<Case> = Readonly<Record<string, (testCase: Case) => Promise<void> | void>>

/** Tests of one subject, by subject. */
export type Chapters<Case> = Readonly<Record<string, Tests<Case>>>

/**
 * Hands the tests of `chapters` to the runner. `run` makes a case, runs the body with it and cleans up after it.
 */
export function defineSuite<Case>(
  title: string,
  chapters: Chapters<Case>,
  options: SuiteOptions,
  timeoutMs: number,
  run: (body: (testCase: Case) => Promise<void> | void) => Promise<void>,
): void {
  const { describe, it } = options.runner
  const reasons = new Map(options.knownFailures?.map(({ test, reason }) => [test, reason]))
  describe(title, () => {
    for (const [chapter, tests] of Object.entries(chapters)) {
      describe(chapter, () => {
        for (const [name, body] of Object.entries(tests)) {
          const reason = reasons.get(name)
          reasons.delete(name)
          if (reason === undefined) {
            it(name, () => run(body), timeoutMs)
          } else {
            it(
              `${name} (known failure: ${reason})`,
              () => mustFail(name, () => run(body)),
              timeoutMs,
            )
          }
        }
      })
    }
    for (const name of reasons.keys()) {
      it(`${name} (known failure)`, () => unknownTest(name), timeoutMs)
    }
  })
}

async function mustFail(name: string, body: () => Promise<void>): Promise<void> {
  try {
    await body()
  } catch {
    return
  }
  assert.fail(`"${name}" is a known failure but passes: take it off the list`)
}

async function unknownTest(name: string): Promise<void> {
  assert.fail(`"${name}" is a known failure but the suite has no such test: take it off the list`)
}

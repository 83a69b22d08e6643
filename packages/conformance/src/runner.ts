/** The two functions that every test runner has: pass those of Jest, Vitest or `node:test`. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown
  /** Runners that know a third argument (Jest, Vitest) take it as the time limit in milliseconds. */
  readonly it: (name: string, body: () => Promise<void>, timeoutMs: number) => unknown
}

/** A test that an adapter fails and says so. It must still fail: once it passes, the entry has to go. */
export interface KnownFailure {
  /** The name of the test, without the names of the groups around it. */
  readonly test: string
  readonly reason: string
}

/** What every suite takes. */
export interface SuiteOptions {
  readonly runner: TestRunner
  /** Default: none. */
  readonly knownFailures?: readonly KnownFailure[]
}

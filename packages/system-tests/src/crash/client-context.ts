import type { ClientContext, Logger } from '@goka/interface'

const log: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => log,
}

/** What a test's own clients are lent. */
export const clientContext: ClientContext = {
  clientId: 'oracle',
  log,
  clock: {
    now: () => Date.now(),
    setTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
    clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  },
  connectTimeoutMs: 10_000,
}

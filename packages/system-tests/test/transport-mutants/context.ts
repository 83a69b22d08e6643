import type { ClientContext, Logger } from '@goka/interface'

const silent = (): void => {}

const log: Logger = { debug: silent, info: silent, warn: silent, error: silent, child: () => log }

/** For the clients that a mutant makes for itself. */
export const context: ClientContext = {
  clientId: 'mutant',
  log,
  clock: {
    now: Date.now,
    setTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
    clearTimeout: (timer) => {
      clearTimeout(timer as NodeJS.Timeout)
    },
  },
  connectTimeoutMs: 1000,
}

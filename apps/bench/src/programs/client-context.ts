import type { ClientContext } from '@goka/interface'
import { stderrLogger } from './program.ts'

/** What a client of the transport needs where no Goka makes it. */
export const clientContext: ClientContext = {
  clientId: 'bench',
  log: stderrLogger,
  clock: {
    now: Date.now,
    setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
    clearTimeout: (timer) => {
      clearTimeout(timer as NodeJS.Timeout)
    },
  },
  connectTimeoutMs: 10_000,
}

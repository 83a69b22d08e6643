import type { ClientContext, GokaError, Logger } from '@goka/interface'

const nothing = (): void => undefined
export const silent: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silent,
}

/** A context of the system's time that remembers what is told of the connection. */
export function clientContext(clientId: string): ClientContext & { readonly told: Told[] } {
  const told: Told[] = []
  return {
    clientId,
    log: silent,
    clock: {
      now: Date.now,
      setTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
      clearTimeout: (timer) => {
        clearTimeout(timer as NodeJS.Timeout)
      },
    },
    connectTimeoutMs: 10_000,
    onConnection: (up, cause) => told.push({ up, cause }),
    told,
  }
}

export interface Told {
  readonly up: boolean
  readonly cause: GokaError | undefined
}

import type { Clock } from '@goka/interface'

/** The time and the timers of the system. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clearTimeout: (timer) => {
    clearTimeout(timer as NodeJS.Timeout)
  },
}

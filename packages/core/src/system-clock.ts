import type { Clock } from '@goka/interface'

/** The time and the timers of the machine. Timers do not keep the process alive. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  setTimeout(callback: () => void, delayMs: number): NodeJS.Timeout {
    return setTimeout(callback, delayMs).unref()
  },
  clearTimeout(timer: unknown): void {
    clearTimeout(timer as NodeJS.Timeout)
  },
})

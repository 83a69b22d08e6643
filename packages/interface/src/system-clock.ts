import type { Clock } from './clock.ts'

/** The longest delay that Node's timers know, 24 days: a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1

/** The time and the timers of the machine. Timers do not keep the process alive. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  setTimeout(callback: () => void, delayMs: number): NodeJS.Timeout {
    return setTimeout(callback, Math.min(delayMs, LONGEST_MS)).unref()
  },
  clearTimeout(timer: unknown): void {
    clearTimeout(timer as NodeJS.Timeout)
  },
})

/** A timer that a {@link Clock} made; opaque. */
export type Timer = unknown

/**
 * The time and the timers of everything in the library, so that a test can move time by itself.
 * The default is the system's.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls `callback` once, no earlier than `delayMs` from now. A pending timer does not keep the process alive. */
  setTimeout(callback: () => void, delayMs: number): Timer
  /** Takes a timer back; nothing happens when it has fired or was taken back before. */
  clearTimeout(timer: Timer): void
}

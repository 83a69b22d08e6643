import type { Logger } from './logger.ts'

function nothing(): void {}

/** Writes nothing: what the library logs to unless it is given a logger. */
export const silentLogger: Logger = Object.freeze({
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
})

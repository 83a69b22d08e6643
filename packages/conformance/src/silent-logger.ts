import type { Logger } from '@goka/interface'

function silent(): void {}

/** A logger that writes nothing. */
export const silentLogger: Logger = {
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
  child: () => silentLogger,
}

import { constants } from 'node:os'

/** npm passes a ctrl-c on that the terminal has sent to this program already: within this time it is the same one. */
const SAME_CTRL_C_MS = 500

/** Aborted by ctrl-c or SIGTERM; a second one ends the program at once. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController()
  let stoppedMs = 0
  const onSignal = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (!stop.signal.aborted) {
      stoppedMs = Date.now()
      stop.abort()
    } else if (Date.now() - stoppedMs > SAME_CTRL_C_MS) {
      process.exit(128 + constants.signals[signal])
    }
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return stop.signal
}

/** npm passes a ctrl-c on that the terminal has sent to this program already: within this time it is the same one. */
const SAME_CTRL_C_MS = 500

/** Aborted by ctrl-c or SIGTERM; a second one ends the program at once. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController()
  const onSignal = (): void => {
    stop.abort()
    setTimeout(
      () => process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
      SAME_CTRL_C_MS,
    ).unref()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  return stop.signal
}

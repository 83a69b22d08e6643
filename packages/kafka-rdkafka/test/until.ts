import { setImmediate as turn } from 'node:timers/promises'

/** Waits for a condition, ten seconds at most. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it did not happen in time')
    await turn()
  }
}

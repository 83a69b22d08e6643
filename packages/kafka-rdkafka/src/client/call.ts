import type { Clock } from '@goka/interface'
import { type ClientFault, toFault } from '../client-fault.ts'

/** A call of node-rdkafka as a promise; rejects with a {@link ClientFault}, also when the call itself throws. */
export async function call<T>(
  start: (done: (error: unknown, value?: T) => void) => void,
): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    try {
      start((error, value) => {
        if (error === null || error === undefined) resolve(value as T)
        else reject(fault(error))
      })
    } catch (error) {
      reject(fault(error))
    }
  })
}

/** Waits; the timer does not keep the process alive. */
export async function delay(clock: Clock, delayMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    clock.setTimeout(resolve, delayMs)
  })
}

/** What `work` resolves to, or `undefined` when it takes longer than `limitMs`. Rejects as `work` does. */
export async function within<T>(
  clock: Clock,
  limitMs: number,
  work: Promise<T>,
): Promise<T | undefined> {
  return await new Promise<T | undefined>((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      resolve(undefined)
    }, limitMs)
    work.then(resolve, reject).finally(() => {
      clock.clearTimeout(timer)
    })
  })
}

/** A rejection is told apart from other errors by being an `Error` with a fault's fields. */
function fault(error: unknown): Error & ClientFault {
  const found = toFault(error)
  return Object.assign(new Error(found.message), found)
}

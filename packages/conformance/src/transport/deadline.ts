import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'

/** How long a condition may take to come true: a rebalance on a busy machine is the slowest of them. */
export const DEADLINE_MS = 30_000

/** Asks again until `check` no longer throws, and throws what it threw last when the deadline passes. */
export async function eventually<T>(check: () => Promise<T> | T): Promise<T> {
  const end = Date.now() + DEADLINE_MS
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > end) throw error
    }
    await wait(20)
  }
}

/** What `promise` gives, or a failure that says `what` did not happen. The timer keeps the process alive meanwhile. */
export async function within<T>(
  promise: Promise<T>,
  what: string,
  ms: number = DEADLINE_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new assert.AssertionError({ message: `${what} did not happen within ${ms} ms` }))
    }, ms)
  })
  try {
    return await Promise.race([promise, deadline])
  } finally {
    clearTimeout(timer)
  }
}

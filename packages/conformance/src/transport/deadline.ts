import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as wait } from 'node:timers/promises'

/** What the conditions of one test may take, and whether the test has been given up. */
interface Limit {
  readonly deadlineMs: number
  over: boolean
}

// Loops of a test that was given up have to end, however deep they are: clients would be polled for nothing.
const limits = new AsyncLocalStorage<Limit>()

/**
 * Runs a test, or what follows it, in which each condition may take `deadlineMs`, for four times as long at most.
 */
export async function limited(deadlineMs: number, body: () => Promise<void>): Promise<void> {
  const limit: Limit = { deadlineMs, over: false }
  try {
    await limits.run(limit, () => within(body(), 'the end', 4 * deadlineMs))
  } finally {
    limit.over = true
  }
}

function current(): Limit {
  const limit = limits.getStore()
  assert.ok(limit, 'a deadline outside of a test')
  return limit
}

/** Begins to wait for a condition; the function that it gives fails when the time for it is over. */
export function deadline(what: () => string): () => void {
  const limit = current()
  const end = performance.now() + limit.deadlineMs
  return () => {
    if (!limit.over && performance.now() < end) return
    assert.fail(`${what()} within ${limit.deadlineMs} ms`)
  }
}

/** Asks again until `check` no longer throws, and throws what it threw last when the deadline passes. */
export async function eventually<T>(check: () => Promise<T> | T): Promise<T> {
  let last: unknown
  const inTime = deadline(() => `a condition did not come true (${String(last)})`)
  for (;;) {
    try {
      return await check()
    } catch (error) {
      last = error
    }
    inTime()
    await wait(20)
  }
}

/** What `promise` gives, or a failure that says `what` did not happen. The timer keeps the process alive meanwhile. */
export async function within<T>(
  promise: Promise<T>,
  what: string,
  ms: number = current().deadlineMs,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const failure = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new assert.AssertionError({ message: `${what} did not happen within ${ms} ms` }))
    }, ms)
  })
  try {
    return await Promise.race([promise, failure])
  } finally {
    clearTimeout(timer)
  }
}

/** How long a test waits for anything before it is told what did not happen. */
const DEADLINE_MS = 4_000

/** Waits until `check` returns something other than `undefined` or `false`, without throwing. */
export async function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS
  let last: Error | undefined
  for (;;) {
    try {
      const value = await check()
      if (value !== undefined && value !== false) return value
      last = undefined
    } catch (error) {
      last = error as Error
    }
    if (Date.now() > deadline) throw last ?? new Error(`not in time: ${check.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** The promise, or an error when it is not settled in time. */
export async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not in time: ${what}`)), DEADLINE_MS)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown
  try {
    value = await inTime(promise, 'a rejection')
  } catch (error) {
    return error
  }
  throw new Error(`resolved with ${String(value)} where a rejection was expected`)
}

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Lets everything happen that is on its way and needs no clock. */
export async function settle(): Promise<void> {
  for (let count = 0; count < 60; count++) await turn()
}

/** A promise with its ends. */
export class Gate<T = void> {
  readonly promise: Promise<T>
  #resolve!: (value: T) => void
  #reject!: (reason: unknown) => void

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.promise.catch(() => {})
  }

  open(value: T): void {
    this.#resolve(value)
  }

  fail(reason: unknown): void {
    this.#reject(reason)
  }
}

/** Notes what happens, for tests to wait for. */
export class Notes<T> {
  readonly items: T[] = []
  readonly #waiting = new Set<() => void>()

  add(item: T): void {
    this.items.push(item)
    for (const check of [...this.#waiting]) check()
  }

  /** Resolves with the notes as soon as there are this many. */
  async until(count: number): Promise<readonly T[]> {
    const reached = new Promise<void>((resolve) => {
      const check = (): void => {
        if (this.items.length < count) return
        this.#waiting.delete(check)
        resolve()
      }
      this.#waiting.add(check)
      check()
    })
    try {
      await inTime(reached, 'the notes')
    } catch {
      throw new Error(`not in time: ${count} notes, only ${JSON.stringify(this.items, show)}`)
    }
    return this.items
  }
}

function show(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

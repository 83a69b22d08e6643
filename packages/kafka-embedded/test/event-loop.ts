/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Lets everything happen that is on its way in a broker in memory: no step of it takes more than a turn. */
export async function settle(): Promise<void> {
  for (let n = 0; n < 100; n++) await turn()
}

/** Runs the event loop until a condition holds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadlineMs = Date.now() + 10_000
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error(`waited too long until ${what}`)
    await turn()
  }
}

/** Whether a promise is settled, and how. */
export function watched<Value>(promise: Promise<Value>): Watched<Value> {
  const seen: Watched<Value> = { state: 'pending', value: undefined, error: undefined, promise }
  promise.then(
    (value) => Object.assign(seen, { state: 'resolved', value }),
    (error: unknown) => Object.assign(seen, { state: 'rejected', error }),
  )
  return seen
}

export interface Watched<Value> {
  readonly state: 'pending' | 'resolved' | 'rejected'
  readonly value: Value | undefined
  readonly error: unknown
  readonly promise: Promise<Value>
}

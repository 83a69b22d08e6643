import { setTimeout as delay } from 'node:timers/promises'

/** Asks again until `check` resolves without throwing; throws what it threw last when the time is over. */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 30_000): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
    await delay(20)
  }
}

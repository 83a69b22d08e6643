import { execFileSync } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'

/** Whether a process lives; one that has ended and waits to be collected by its parent does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return !isZombie(pid)
}

/** Waits for a condition; a condition that throws does not hold yet. Rejects with its last error after 20 s. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  let last: unknown
  do {
    try {
      if (await condition()) return
    } catch (error) {
      last = error
    }
    await delay(20)
  } while (Date.now() < deadline)
  throw new Error('the condition did not hold within 20 s', { cause: last })
}

function isZombie(pid: number): boolean {
  try {
    const state = execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
    return state.startsWith('Z')
  } catch {
    return true
  }
}

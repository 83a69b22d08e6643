import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isGokaError } from '@goka/interface'
import { failed } from './failures.ts'

/** Keeps other brokers out of a folder while this one uses it: a file that names the process. */
export class FolderLock {
  readonly #file: string

  private constructor(file: string) {
    this.#file = file
  }

  /**
   * Takes the lock. A lock whose process is gone counts for nothing.
   * @throws GokaError `GOKA_TRANSPORT_FAILED` with the reason `LOCKED`
   */
  static async take(path: string): Promise<FolderLock> {
    const file = join(path, 'LOCK')
    const owner = { pid: process.pid, startedAt: await startOf('self') }
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        await writeFile(file, JSON.stringify(owner), { flag: 'wx' })
        return new FolderLock(file)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      if (await isInUse(file)) break
      await rm(file, { force: true })
    }
    throw failed(
      'open',
      'LOCKED',
      `the folder ${path} is used by another embedded broker: close that one, share it, or give this one a path of its own`,
    )
  }

  async release(): Promise<void> {
    await rm(this.#file, { force: true })
  }
}

/** Whether an error says that another broker uses the folder. */
export function isLocked(error: unknown): boolean {
  return isGokaError(error, 'GOKA_TRANSPORT_FAILED') && error.details.reason === 'LOCKED'
}

async function isInUse(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return false
  try {
    const { pid, startedAt } = JSON.parse(text) as { pid: number; startedAt: string }
    process.kill(pid, 0)
    return startedAt === (await startOf(String(pid)))
  } catch (error) {
    // EPERM: the process lives and is another user's. An unreadable lock is one that was never finished.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * When a process was started, where the system tells it (Linux: field 22 of `/proc/<pid>/stat`), so that another process
 * that got the same id later, as in a container, is not taken for it.
 */
async function startOf(pid: string): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The second field, the name in brackets, may hold spaces.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

import { type ByteString, GokaError } from '@goka/interface'
import type { AnyCallback } from '../graph/edges.ts'
import type { Committer } from './committer.ts'
import type { Task } from './task.ts'

/** Keys that are given to a task at a time. */
const CHUNK = 512

/**
 * Calls a visitor for every key that the tasks' tables hold when it starts. Resolves with the number of keys when what the
 * visitor wrote is committed.
 * @throws GokaError `GOKA_VISIT_ABORTED` when a partition goes or the processor stops before
 */
export async function visitTasks(
  group: string,
  name: string,
  callback: AnyCallback,
  meta: unknown,
  tasks: readonly Task[],
  committer: Committer,
  drainTimeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  let visited = 0
  try {
    await committer.flush(tasks, 0)
    await Promise.all(
      tasks.map(async (task) => {
        const iterator = task.scope.table?.store.iterate({})
        try {
          for (;;) {
            signal?.throwIfAborted()
            const entries = await iterator?.next(CHUNK)
            if (entries === undefined || entries.length === 0) return
            const keys: ByteString[] = entries.map(([key]) => key)
            const done = task.visit(name, callback, meta, keys)
            task.scope.wake()
            await done
            visited += keys.length
          }
        } finally {
          await iterator?.close()
        }
      }),
    )
    await committer.flush(tasks, drainTimeoutMs)
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason
    if (error !== undefined && tasks.every(({ isLost }) => !isLost)) throw error
    throw new GokaError(
      'GOKA_VISIT_ABORTED',
      `visit "${name}" of group "${group}" ended after ${visited} keys: a partition went elsewhere or the processor stopped, call it again`,
      { group, visited },
    )
  }
  return visited
}

import { type ByteString, GokaError } from '@goka/interface'
import { deferred } from '../deferred.ts'
import type { AnyCallback } from '../graph/edges.ts'
import type { Committer } from './committer.ts'
import type { PreparedBatch } from './prepared-batch.ts'
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
  signal: AbortSignal | undefined,
): Promise<number> {
  const visits = new Set<PreparedBatch>()
  let finished = 0
  let ended = false
  const visited = (): number => [...visits].reduce((sum, visit) => sum + visit.finished, finished)
  const cancel = (reason: unknown): void => {
    for (const visit of visits) visit.cancel(reason)
  }
  const abort = (): void => cancel(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  const visitTask = async (task: Task): Promise<void> => {
    const iterator = await task.scope.table?.iterate({})
    try {
      while (!ended) {
        signal?.throwIfAborted()
        const entries = await iterator?.next(CHUNK)
        if (ended || entries === undefined || entries.length === 0) return
        const keys: ByteString[] = entries.map(([key]) => key)
        const visit = task.visit(name, callback, meta, keys)
        visits.add(visit)
        await visit.done.promise
        visits.delete(visit)
        finished += keys.length
      }
    } finally {
      await iterator?.close()
    }
  }
  try {
    await committer.flush(tasks, 0)
    await Promise.all(tasks.map(visitTask))
    // First what an earlier commit has left behind, then what came since.
    await commitAll(tasks, committer, signal)
    await commitAll(tasks, committer, signal)
    return visited()
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason
    if (error !== undefined && tasks.every(({ isLost }) => !isLost)) throw error
    throw new GokaError(
      'GOKA_VISIT_ABORTED',
      `visit "${name}" of group "${group}" ended after ${visited()} keys: a partition went elsewhere or the processor stopped, call it again`,
      { group, visited: visited() },
    )
  } finally {
    // When one partition ends early, the others do not go on.
    ended = true
    cancel(undefined)
    signal?.removeEventListener('abort', abort)
  }
}

// Commits what is done, however long the callbacks beside it take: others commit meanwhile.
async function commitAll(
  tasks: readonly Task[],
  committer: Committer,
  signal: AbortSignal | undefined,
): Promise<void> {
  const sealed = tasks.flatMap((task) => task.seal() ?? [])
  const ends = [
    ...tasks.map(({ scope }) => scope.signal),
    ...(signal === undefined ? [] : [signal]),
  ]
  const ended = deferred()
  const end = (): void => ended.resolve()
  for (const one of ends) one.addEventListener('abort', end, { once: true })
  if (ends.some(({ aborted }) => aborted)) end()
  await Promise.race([Promise.all(sealed.map((epoch) => epoch.whenDrained())), ended.promise])
  for (const one of ends) one.removeEventListener('abort', end)
  signal?.throwIfAborted()
  await committer.flush(tasks, 0)
  // What a lost task did is void: its keys have to be visited where it went.
  const isVoid = tasks.some(({ isLost }) => isLost) || sealed.some((epoch) => !epoch.isCaptured)
  if (isVoid) throw undefined
}

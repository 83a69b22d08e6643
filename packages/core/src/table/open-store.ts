import {
  type Checkpoint,
  type Clock,
  isGokaError,
  type Logger,
  type Storage,
  type Store,
  type StoreName,
} from '@goka/interface'
import { Backoff, delay } from '../backoff.ts'

/** How long a store that another owner is still closing is waited for. */
const LOCK_WAIT_MS = 30_000

/** The log that a store copies: the partition of a table's topic. */
export interface Changelog {
  readonly earliest: number
  readonly latest: number
  readonly topicId: string | undefined
  /** Kafka's `delete.retention.ms`: how long a tombstone is sure to be seen. */
  readonly tombstoneRetentionMs: number
}

/**
 * Opens a store and makes sure that it can be read on from where it is: one that cannot is dropped, with a warning that
 * says why, and starts empty. Returns with it the offset to read from.
 */
export async function openStore(
  storage: Storage,
  name: StoreName,
  changelog: Changelog,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): Promise<{ store: Store; position: number }> {
  const store = await openOrRepair(storage, name, clock, log, signal)
  const { checkpoint } = store
  const reason =
    checkpoint === undefined
      ? await withoutCheckpoint(store)
      : staleness(checkpoint, changelog, clock.now())
  if (reason === undefined) {
    return { store, position: checkpoint?.position ?? changelog.earliest }
  }
  log.warn(
    { topic: name.topic, partition: name.partition, checkpoint, changelog, reason },
    'the local store does not fit its topic any more: it is dropped and read anew',
  )
  await store.close()
  await storage.drop(name)
  return { store: await storage.open(name, { log }), position: changelog.earliest }
}

/** Why a store with this checkpoint must not be read on; `undefined` when it may. */
export function staleness(
  checkpoint: Checkpoint,
  changelog: Changelog,
  nowMs: number,
): string | undefined {
  const { position, timeMs, topicId } = checkpoint
  if (topicId !== undefined && changelog.topicId !== undefined && topicId !== changelog.topicId) {
    return 'the topic was deleted and made anew'
  }
  if (position > changelog.latest) {
    return 'the store is ahead of the topic: the topic was truncated or made anew'
  }
  if (position < changelog.earliest) {
    return 'records between the store and the start of the topic are gone'
  }
  if (
    timeMs > 0 &&
    position < changelog.latest &&
    nowMs - timeMs > changelog.tombstoneRetentionMs
  ) {
    return 'the store is older than delete.retention.ms: deletions may have been missed'
  }
  return undefined
}

// A damaged store is worth nothing, and nothing is lost with it: the topic has it all.
async function openOrRepair(
  storage: Storage,
  name: StoreName,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): Promise<Store> {
  try {
    return await openUnlocked(storage, name, clock, log, signal)
  } catch (error) {
    if (!isGokaError(error, 'GOKA_STORAGE_CORRUPTED')) throw error
    log.warn(
      { err: error, topic: name.topic, partition: name.partition },
      'the local store is damaged: it is dropped and read anew',
    )
    await storage.drop(name)
    return await storage.open(name, { log })
  }
}

async function withoutCheckpoint(store: Store): Promise<string | undefined> {
  const iterator = store.iterate({ limit: 1 })
  const entries = await iterator.next(1)
  await iterator.close()
  return entries.length === 0 ? undefined : 'the store has values but no position'
}

async function openUnlocked(
  storage: Storage,
  name: StoreName,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): Promise<Store> {
  const backoff = new Backoff({ initialMs: 20, maxMs: 500 })
  const deadline = clock.now() + LOCK_WAIT_MS
  for (;;) {
    try {
      return await storage.open(name, { log })
    } catch (error) {
      if (!isGokaError(error, 'GOKA_STORAGE_LOCKED')) throw error
      if (clock.now() >= deadline || signal.aborted) throw error
      if (backoff.tries === 5) {
        log.warn(
          { topic: name.topic, partition: name.partition },
          'the local store is open elsewhere: waiting for its owner to close it',
        )
      }
      await delay(clock, backoff.next(), signal)
    }
  }
}

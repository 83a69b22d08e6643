import type { Checkpoint, Logger } from '@goka/interface'
import { writeCheckpoint } from './checkpoint-record.ts'
import type { Database } from './database.ts'
import { BYTES_KEY, bytesOf } from './database.ts'
import { AFTER_CHECKPOINT_KEYS, CHECKPOINT_KEY, toStored } from './stored-key.ts'

/** Where Goka keeps, as decimal text, the offset of the last record that it applied. */
const GOKA_OFFSET_KEY = '__offset'

/**
 * Makes a database of this adapter out of one without a checkpoint record: a new one, or one that Goka (for Go) has
 * written. Keys and values are the same in both, so only the offset is written anew, in one batch; from then on
 * `__offset` is a key as any other. Values without an offset are of no use, as nobody can tell which changes are missing:
 * they are removed, so that the table is read from its beginning.
 */
export async function adopt(db: Database, log: Logger): Promise<Checkpoint | undefined> {
  const checkpoint = gokaCheckpoint(db.getSync(GOKA_OFFSET_KEY))
  if (checkpoint !== undefined) {
    await takeOver(db, checkpoint)
    log.info({ position: checkpoint.position }, 'took over a store that Goka has written')
    return checkpoint
  }
  if (!(await isEmpty(db))) {
    log.warn('removing the values of a store without an offset; it is rebuilt from the changelog')
    await db.clear()
  }
  await db.put(CHECKPOINT_KEY, writeCheckpoint(undefined))
  return undefined
}

function gokaCheckpoint(offset: Uint8Array | undefined): Checkpoint | undefined {
  const text = offset === undefined ? '' : Buffer.from(offset).toString('latin1')
  const position = Number(text) + 1
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(position)) return undefined
  return { position, inputs: {}, timeMs: 0, topicId: undefined }
}

async function takeOver(db: Database, checkpoint: Checkpoint): Promise<void> {
  const batch = db.batch()
  // The keys that are stored another way here. There are none, unless somebody has tried.
  const bounds = { gte: bytesOf(CHECKPOINT_KEY), lt: bytesOf(AFTER_CHECKPOINT_KEYS) }
  for await (const [bytes, value] of db.iterator<Uint8Array, Uint8Array>({
    ...BYTES_KEY,
    ...bounds,
  })) {
    const key = Buffer.from(bytes).toString('latin1')
    batch.del(bytes, BYTES_KEY)
    batch.put(bytesOf(toStored(key)), value, BYTES_KEY)
  }
  batch.del(GOKA_OFFSET_KEY)
  batch.put(CHECKPOINT_KEY, writeCheckpoint(checkpoint))
  await batch.write()
}

async function isEmpty(db: Database): Promise<boolean> {
  for await (const _ of db.keys({ limit: 1 })) return false
  return true
}

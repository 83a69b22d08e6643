import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger, StorageContext, Store, StoreBatch, StoreName } from '@goka/interface'

export const NAME: StoreName = { scope: '', topic: 'counts-table', partition: 0 }

const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silent,
}

export const CONTEXT: StorageContext = { log: silent }

/** Runs `body` with a new folder, which is removed afterwards. */
export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'goka-leveldb-'))
  try {
    await body(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Keys of {@link numberedBatch}: enough for a batch that takes several pieces of the log. */
export const NUMBERED_KEYS: readonly string[] = Array.from({ length: 100 }, (_, i) => `key-${i}`)

/** A batch of which each value and the checkpoint tell the same number. */
export function numberedBatch(number: number): StoreBatch {
  const value = Buffer.from(String(number).padStart(8, '0').repeat(128), 'latin1')
  return {
    keys: NUMBERED_KEYS,
    values: NUMBERED_KEYS.map(() => value),
    checkpoint: { position: number, inputs: { input: number }, timeMs: 0, topicId: undefined },
  }
}

/** All entries as text, bytes as latin1. */
export async function entriesOf(store: Store): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  const iterator = store.iterate({})
  for (;;) {
    const entries = await iterator.next(1000)
    if (entries.length === 0) break
    for (const [key, value] of entries) found[key] = Buffer.from(value).toString('latin1')
  }
  await iterator.close()
  return found
}

/** One entry, without a checkpoint. */
export async function put(store: Store, key: string, value: string): Promise<void> {
  const values = [Buffer.from(value, 'latin1')]
  await store.write({ keys: [key], values, checkpoint: undefined })
}

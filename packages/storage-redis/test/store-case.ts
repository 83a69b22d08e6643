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

/** A logger that keeps what it is told, each line as JSON. */
export function recordingLog(): { log: Logger; lines: string[] } {
  const lines: string[] = []
  const write = (...parts: unknown[]): void => void lines.push(JSON.stringify(parts))
  const log: Logger = { debug: write, info: write, warn: write, error: write, child: () => log }
  return { log, lines }
}

export const NUMBERED_KEYS: readonly string[] = Array.from({ length: 100 }, (_, i) => `key-${i}`)

/** A batch of which each value and the checkpoint tell the same number. */
export function numberedBatch(number: number): StoreBatch {
  const value = Buffer.from(String(number), 'latin1')
  return {
    keys: NUMBERED_KEYS,
    values: NUMBERED_KEYS.map(() => value),
    checkpoint: { position: number, inputs: { input: number }, timeMs: 0, topicId: undefined },
  }
}

/** All values of a store, each once: one number, if every write was whole. */
export async function numbersOf(store: Store): Promise<number[]> {
  const values = await store.getMany(NUMBERED_KEYS)
  return [...new Set(values.map((value) => Number(Buffer.from(value ?? []).toString())))]
}

/** Asks until it is so; for states that nobody tells of. */
export async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`in 30 s ${what} has not happened`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

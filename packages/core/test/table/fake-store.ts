import type { Checkpoint, Entry, KeyRange, Store, StoreBatch, StoreIterator } from '@goka/interface'

/** A store that keeps its batches for a test to look at; with `gate`, its writes wait for it. */
export class FakeStore implements Store {
  readonly batches: StoreBatch[] = []
  readonly values = new Map<string, Uint8Array>()
  checkpoint: Checkpoint | undefined
  gate: Promise<void> | undefined
  /** What writes fail with. */
  failure: Error | undefined
  /** What reads wait for; they give what was there when they began. */
  reading: Promise<void> | undefined
  closed = 0

  constructor(checkpoint?: Checkpoint) {
    this.checkpoint = checkpoint
  }

  getMany(keys: readonly string[]) {
    const values = keys.map((key) => this.values.get(key))
    return this.reading === undefined ? values : this.reading.then(() => values)
  }

  async write(batch: StoreBatch): Promise<void> {
    this.batches.push({
      keys: [...batch.keys],
      values: batch.values.map((value) => value && Uint8Array.from(value)),
      checkpoint: batch.checkpoint,
    })
    await this.gate
    if (this.failure !== undefined) throw this.failure
    for (const [index, key] of batch.keys.entries()) {
      const value = batch.values[index]
      if (value === undefined) this.values.delete(key)
      else this.values.set(key, Uint8Array.from(value))
    }
    this.checkpoint = batch.checkpoint ?? this.checkpoint
  }

  iterate(range: KeyRange): StoreIterator {
    const { gte = '', lt, reverse = false, limit = Number.POSITIVE_INFINITY } = range
    const entries: Entry[] = [...this.values].filter(
      ([key]) => key >= gte && (lt === undefined || key < lt),
    )
    entries.sort(([a], [b]) => (a < b ? -1 : 1) * (reverse ? -1 : 1))
    entries.splice(Math.min(limit, entries.length))
    return {
      next: (size) => entries.splice(0, size),
      close: () => {
        entries.length = 0
        this.closed++
      },
    }
  }

  async close(): Promise<void> {
    this.closed++
  }
}

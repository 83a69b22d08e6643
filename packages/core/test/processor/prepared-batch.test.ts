import { RecordBatchBuilder } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import type { InputEdge } from '../../src/graph/edges.ts'
import { PreparedBatch } from '../../src/processor/prepared-batch.ts'
import { PartitionTable } from '../../src/table/partition-table.ts'
import { ManualClock } from '../manual-clock.ts'
import { FakeStore } from '../table/fake-store.ts'

const VALUE_BYTES = 10_000
const CACHE_BYTES = 1_000_000
const BATCH_RECORDS = 10

function batchesOf(keys: number): readonly PreparedBatch[] {
  return Array.from({ length: keys / BATCH_RECORDS }, (_, batch) => {
    const builder = new RecordBatchBuilder('input', 0)
    for (let index = 0; index < BATCH_RECORDS; index++) {
      const offset = batch * BATCH_RECORDS + index
      builder.add(offset, 1, Buffer.from(`k${offset}`), null, [])
    }
    const next = (batch + 1) * BATCH_RECORDS
    return new PreparedBatch(builder.build(next, false), { topic: 'input' } as InputEdge)
  })
}

describe('what batches have in memory', () => {
  it.each(['read', 'written'])(
    'stays within the cache, whatever size the values have that are %s',
    async (how) => {
      const store = new FakeStore()
      const table = new PartitionTable(
        'table',
        0,
        store,
        0,
        undefined,
        CACHE_BYTES,
        new ManualClock(),
      )
      const value = new Uint8Array(VALUE_BYTES)
      if (how === 'read') for (let key = 0; key < 1_000; key++) store.values.set(`k${key}`, value)
      let most = 0
      for (const item of batchesOf(1_000)) {
        if (table.cells.isFull) table.cells.rotate([])
        await item.prepare(table, new Map())
        if (how === 'written') {
          for (const cell of item.cells) cell.load(value)
          table.write(
            item.cells,
            item.cells.map(({ content }) => content),
            undefined,
            new Map(),
          )
        }
        most = Math.max(most, table.cells.size * VALUE_BYTES)
      }
      expect(most).toBeLessThanOrEqual(CACHE_BYTES + 2 * BATCH_RECORDS * VALUE_BYTES)
      expect(most).toBeGreaterThan(CACHE_BYTES / 2)
    },
  )
})

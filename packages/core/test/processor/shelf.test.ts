import { type PartitionReader, type RecordBatch, RecordBatchBuilder } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import type { PartitionTables } from '../../src/processor/partition-tables.ts'
import { Shelf } from '../../src/processor/shelf.ts'
import { PartitionTable } from '../../src/table/partition-table.ts'
import { TableReader } from '../../src/table/table-reader.ts'
import { ManualClock } from '../manual-clock.ts'
import { FakeStore } from '../table/fake-store.ts'
import { Gate, inTime, Notes, settle } from '../waiting.ts'

/** More than goes into a store at once. */
const MANY = 20_000

function batchOf(from: number): RecordBatch {
  const builder = new RecordBatchBuilder('table', 0)
  for (let offset = from; offset < from + MANY; offset++) {
    builder.add(offset, 1, Buffer.from(`k${offset}`), new Uint8Array(1), [])
  }
  return builder.build(from + MANY, true)
}

/** A store that nobody may write to once it is closed. */
class StrictStore extends FakeStore {
  override async write(batch: Parameters<FakeStore['write']>[0]): Promise<void> {
    if (this.closed > 0) throw new Error('the store is closed')
    await super.write(batch)
  }
}

describe('a shelf', () => {
  it('closes no store that something is still written to: of a partition that was recovered ahead and went elsewhere', async () => {
    const polls = [[0, 1, 2, 3].map((index) => batchOf(index * MANY))]
    const closed = new Gate()
    const reader = {
      add: async () => {},
      remove: async () => {},
      poll: async () => {
        const batches = polls.shift()
        if (batches === undefined) await closed.promise
        return batches ?? []
      },
      close: async () => closed.open(),
    } as unknown as PartitionReader
    const faults = new Notes<unknown>()
    const tableReader = new TableReader(reader, (error) => faults.add(error))
    const clock = new ManualClock()
    const store = new StrictStore()
    const table = new PartitionTable('table', 0, store, 0, undefined, 1_000, clock)
    const tables: Pick<PartitionTables, 'recover' | 'forget'> = {
      recover: async (_partition, _open, _standby, signal, onOpen) => {
        onOpen([table])
        signal.addEventListener('abort', () => void tableReader.forget(table))
        await tableReader.follow(table, 0, true)
      },
      forget: async (all) => {
        await Promise.all(all.map((one) => tableReader.forget(one)))
      },
    }
    const shelf = new Shelf({
      tables: tables as PartitionTables,
      standby: false,
      clock,
      onFault: (error) => faults.add(error),
    })
    const [first, second] = [new Gate(), new Gate()]
    store.gate = first.promise
    await inTime(shelf.fill([0]), 'the recovery')
    await settle()
    store.gate = second.promise
    first.open()
    await settle()
    // The second batch is being written, and two are to come after it.
    expect(store.batches).toHaveLength(2)
    const settled = shelf.settle()
    await settle()
    expect(store.closed).toBe(0)
    second.open()
    await inTime(settled, 'the close')
    await settle()
    expect([faults.items, store.closed, table.position]).toEqual([[], 1, 4 * MANY])
    await tableReader.close()
  })
})

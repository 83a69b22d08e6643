import {
  type PartitionReader,
  type RecordBatch,
  RecordBatchBuilder,
  type TopicPartition,
  type TopicPartitionOffset,
} from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { PartitionTable } from '../../src/table/partition-table.ts'
import { TableReader } from '../../src/table/table-reader.ts'
import { ManualClock } from '../manual-clock.ts'
import { Gate, inTime, Notes, rejection, settle } from '../waiting.ts'
import { FakeStore } from './fake-store.ts'

/** A reader whose polls a test answers. */
class FakeReader implements PartitionReader {
  readonly calls = new Notes<string>()
  readonly #polls: Gate<readonly RecordBatch[]>[] = []
  adding: Promise<void> | undefined
  removing: Promise<void> | undefined
  closed = false

  async add(positions: readonly TopicPartitionOffset[]): Promise<void> {
    for (const { topic, partition, offset } of positions) {
      this.calls.add(`add ${topic}/${partition}@${offset}`)
    }
    await this.adding
  }

  async remove(partitions: readonly TopicPartition[]): Promise<void> {
    for (const { topic, partition } of partitions) this.calls.add(`remove ${topic}/${partition}`)
    await this.removing
  }

  async poll(): Promise<readonly RecordBatch[]> {
    if (this.closed) return []
    const poll = new Gate<readonly RecordBatch[]>()
    this.#polls.push(poll)
    this.calls.add('poll')
    return poll.promise
  }

  /** Answers the poll that waits. */
  async answer(...batches: RecordBatch[]): Promise<void> {
    await settle()
    const poll = this.#polls.shift()
    if (poll === undefined) throw new Error('no poll waits')
    poll.open(batches)
    await settle()
  }

  async fail(error: unknown): Promise<void> {
    await settle()
    this.#polls.shift()?.fail(error)
    await settle()
  }

  get isPolled(): boolean {
    return this.#polls.length > 0
  }

  endOffset(): number | undefined {
    if (this.closed) throw new Error('closed')
    return 7
  }

  async close(): Promise<void> {
    this.closed = true
    for (const poll of this.#polls.splice(0)) poll.open([])
  }
}

function tableOf(topic: string, store = new FakeStore()): PartitionTable {
  return new PartitionTable(topic, 0, store, 0, undefined, 1_000, new ManualClock())
}

function batchOf(topic: string, from: number, count: number, valueBytes = 1): RecordBatch {
  const builder = new RecordBatchBuilder(topic, 0)
  for (let index = 0; index < count; index++) {
    builder.add(from + index, 1, Buffer.from(`k${from + index}`), new Uint8Array(valueBytes), [])
  }
  return builder.build(from + count, false)
}

function make() {
  const reader = new FakeReader()
  const faults = new Notes<unknown>()
  return { reader, faults, tables: new TableReader(reader, (error) => faults.add(error)) }
}

describe('a reader of tables', () => {
  it('reads a table to its end, and no further', async () => {
    const { reader, tables } = make()
    const table = tableOf('a')
    const followed = tables.follow(table, 5, false)
    await reader.answer(batchOf('a', 0, 3))
    expect(table.position).toBe(3)
    await reader.answer(batchOf('a', 3, 2))
    await inTime(followed, 'the end')
    expect(reader.calls.items).toContain('remove a/0')
    await tables.close()
  })

  it('reads nothing of a table that is at its end', async () => {
    const { reader, tables } = make()
    await inTime(tables.follow(tableOf('a'), 0, false), 'the end')
    expect(reader.calls.items).toEqual([])
  })

  it('goes on after the end if it is told to', async () => {
    const { reader, tables } = make()
    const table = tableOf('a')
    const followed = tables.follow(table, 1, true)
    await reader.answer(batchOf('a', 0, 1))
    await inTime(followed, 'the end')
    await reader.answer(batchOf('a', 1, 4))
    expect(table.position).toBe(5)
    await tables.close()
  })

  it('writes batches that come while it writes together, in their order', async () => {
    const { reader, tables } = make()
    const store = new FakeStore()
    const gate = new Gate()
    store.gate = gate.promise
    const followed = tables.follow(tableOf('a', store), 6, false)
    await reader.answer(batchOf('a', 0, 2))
    await reader.answer(batchOf('a', 2, 2))
    await reader.answer(batchOf('a', 4, 2))
    expect(store.batches).toHaveLength(1)
    gate.open()
    await inTime(followed, 'the end')
    expect(store.batches.map(({ keys }) => keys)).toEqual([
      ['k0', 'k1'],
      ['k2', 'k3', 'k4', 'k5'],
    ])
    await tables.close()
  })

  it('forgets a table when nothing of it is written any more', async () => {
    const { reader, tables } = make()
    const store = new FakeStore()
    const gate = new Gate()
    store.gate = gate.promise
    const table = tableOf('a', store)
    const followed = tables.follow(table, 9, true)
    await reader.answer(batchOf('a', 0, 1))
    await reader.answer(batchOf('a', 1, 1))
    let forgotten = false
    const forgetting = tables.forget(table).then(() => {
      forgotten = true
    })
    await settle()
    expect(forgotten).toBe(false)
    gate.open()
    await inTime(forgetting, 'the end of writing')
    await inTime(followed, 'the end of following')
    expect(store.batches).toHaveLength(1)
    await tables.close()
  })

  it('reads again after everything was forgotten', async () => {
    const { reader, tables } = make()
    const first = tableOf('a')
    const followed = tables.follow(first, 9, false)
    await settle()
    await tables.forget(first)
    await followed
    await reader.answer()
    const second = tableOf('b')
    const again = tables.follow(second, 1, false)
    await reader.answer(batchOf('b', 0, 1))
    await inTime(again, 'the end of the second')
    await tables.close()
  })

  it('reads again after a table was forgotten while it was being added', async () => {
    const { reader, tables } = make()
    const gate = new Gate()
    reader.adding = gate.promise
    const first = tableOf('a')
    const followed = tables.follow(first, 9, false)
    await settle()
    const forgetting = tables.forget(first)
    gate.open()
    await inTime(Promise.all([forgetting, followed]), 'the end of the first')
    await settle()
    const second = tableOf('b')
    const again = tables.follow(second, 1, false)
    await settle()
    await reader.answer(batchOf('b', 0, 1))
    await inTime(again, 'the end of the second')
    await tables.close()
  })

  it('takes nothing that was read before for a table that is followed again', async () => {
    const { reader, tables } = make()
    const table = tableOf('a')
    const followed = tables.follow(table, 1, true)
    await reader.answer(batchOf('a', 0, 1))
    await inTime(followed, 'the end')
    const gate = new Gate()
    reader.removing = gate.promise
    // Twice, as one who gives the table up and one who takes it over do.
    void tables.forget(table)
    const again = tables.forget(table).then(() => tables.follow(table, 4, false))
    // What was on its way: between it and the table's position records are missing.
    await reader.answer(batchOf('a', 2, 1))
    expect(table.position).toBe(1)
    gate.open()
    await settle()
    expect(reader.calls.items.filter((call) => call.startsWith('add'))).toEqual([
      'add a/0@0',
      'add a/0@1',
    ])
    await reader.answer()
    await reader.answer(batchOf('a', 1, 3))
    await inTime(again, 'the end')
    expect(table.position).toBe(4)
    await tables.close()
  })

  it('takes nothing that was read before for another copy of a table that was at its end', async () => {
    const { reader, tables } = make()
    const gate = new Gate()
    reader.removing = gate.promise
    const followed = tables.follow(tableOf('a'), 2, false)
    await reader.answer(batchOf('a', 0, 2))
    await inTime(followed, 'the end')
    const copy = tableOf('a')
    const other = tableOf('b')
    const following = tables.follow(other, 1, true)
    const again = tables.follow(copy, 4, false)
    await reader.answer(batchOf('a', 3, 1), batchOf('b', 0, 1))
    await inTime(following, 'the end of the other')
    expect(copy.position).toBe(0)
    gate.open()
    await settle()
    await reader.answer(batchOf('a', 0, 4))
    await inTime(again, 'the end')
    expect(copy.position).toBe(4)
    await tables.close()
  })

  it('does not begin with a table that is forgotten while the reader lets go of another copy', async () => {
    const { reader, tables } = make()
    const table = tableOf('a')
    const followed = tables.follow(table, 1, true)
    await reader.answer(batchOf('a', 0, 1))
    await followed
    const gate = new Gate()
    reader.removing = gate.promise
    void tables.forget(table)
    const copy = tableOf('a')
    const following = tables.follow(copy, 9, true)
    const forgotten = tables.forget(copy)
    gate.open()
    await inTime(Promise.all([following, forgotten]), 'the end of the copy')
    await settle()
    expect(reader.calls.items.filter((call) => call.startsWith('add'))).toEqual(['add a/0@0'])
    await tables.close()
  })

  it('waits for an addition that was under way before it adds the table again, and nobody else does', async () => {
    const { reader, tables } = make()
    const gate = new Gate()
    reader.adding = gate.promise
    const table = tableOf('a')
    const followed = tables.follow(table, 9, true)
    await settle()
    await inTime(tables.forget(table), 'the end of the first')
    await inTime(followed, 'the end of following')
    const copy = tableOf('a')
    const again = tables.follow(copy, 4, false)
    await settle()
    // The addition comes after the removal: the partition is read, by nobody's wish.
    gate.open()
    await settle()
    expect(reader.calls.items.filter((call) => call !== 'poll')).toEqual([
      'add a/0@0',
      'remove a/0',
      'remove a/0',
      'add a/0@0',
    ])
    await reader.answer(batchOf('a', 0, 4))
    await inTime(again, 'the end')
    expect(copy.position).toBe(4)
    await tables.close()
  })

  it('writes nothing of a table after its end: that is for the task then', async () => {
    const { reader, tables } = make()
    const store = new FakeStore()
    const gate = new Gate()
    store.gate = gate.promise
    const table = tableOf('a', store)
    const followed = tables.follow(table, 2, false)
    await reader.answer(batchOf('a', 0, 2))
    await reader.answer(batchOf('a', 2, 2))
    gate.open()
    await inTime(followed, 'the end')
    await settle()
    expect([table.position, store.batches.length]).toEqual([2, 1])
    await tables.close()
  })

  it('waits with further polls while very much is to be written, and not for what was forgotten', async () => {
    const { reader, tables } = make()
    const store = new FakeStore()
    const gate = new Gate()
    store.gate = gate.promise
    const slow = tableOf('slow', store)
    const other = tableOf('other')
    const followed = tables.follow(slow, 9, true)
    const following = tables.follow(other, 1, false)
    await reader.answer(batchOf('slow', 0, 1))
    await reader.answer(batchOf('slow', 1, 1, 65 * 1024 * 1024))
    expect(reader.isPolled).toBe(false)
    const forgetting = tables.forget(slow)
    gate.open()
    await inTime(Promise.all([forgetting, followed]), 'the end of the slow one')
    await settle()
    expect(reader.isPolled).toBe(true)
    await reader.answer(batchOf('other', 0, 1))
    await inTime(following, 'the end of the other')
    await tables.close()
  })

  it('tells a fault once, and to those who wait', async () => {
    const { reader, faults, tables } = make()
    const followed = rejection(tables.follow(tableOf('a'), 9, false))
    const fault = new Error('no broker')
    await reader.fail(fault)
    expect(await followed).toBe(fault)
    expect(faults.items).toEqual([fault])
    await tables.close()
  })

  it('tells a fault of a store, too', async () => {
    const { reader, faults, tables } = make()
    const store = new FakeStore()
    const fault = new Error('full')
    store.gate = Promise.reject(fault)
    const followed = rejection(tables.follow(tableOf('a', store), 9, false))
    await reader.answer(batchOf('a', 0, 1))
    expect(await followed).toBe(fault)
    expect(faults.items).toEqual([fault])
    await tables.close()
  })

  it('ends what waits when it is closed, and reads nothing afterwards', async () => {
    const { reader, tables } = make()
    const followed = tables.follow(tableOf('a'), 9, false)
    await settle()
    await inTime(tables.close(), 'the close')
    await inTime(followed, 'the end of following')
    await inTime(tables.follow(tableOf('b'), 9, false), 'a follow after the close')
    await tables.close()
    expect(reader.calls.items).not.toContain('add b/0@0')
  })

  it('knows the ends of topics while it is open', async () => {
    const { tables } = make()
    expect(tables.endOffset(tableOf('a'))).toBe(7)
    await tables.close()
    expect(tables.endOffset(tableOf('a'))).toBeUndefined()
  })
})

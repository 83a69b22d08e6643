import assert from 'node:assert/strict'
import type { ClientContext, Transport } from '@goka/interface'
import { PARTITIONS } from './crash-run.ts'
import { type Numbered, next, type Running, type SummingTopics } from './summing.ts'
import { TableCopies } from './table-copies.ts'
import { type ReadRecord, readTopic } from './topic-reading.ts'

/**
 * Checks what a group has left behind against what it was sent: every output and every table entry, by running values that
 * are computed again from the input. (The oracle of Kafka's own EosTestDriver, and the state on all sides.)
 */
export class Oracle {
  readonly #transport: Transport
  readonly #context: ClientContext
  readonly #topics: SummingTopics

  constructor(transport: Transport, context: ClientContext, topics: SummingTopics) {
    this.#transport = transport
    this.#context = context
    this.#topics = topics
  }

  /** Whether the group has committed the whole input. */
  async isDone(): Promise<boolean> {
    const { ends, committed } = await this.#offsets()
    return ends.every((end, partition) => (committed[partition] as number) >= end)
  }

  /** Checks everything; the group has no members any more. `places`: the folders of their stores. */
  async check(
    guarantee: 'at-least-once' | 'exactly-once',
    places: readonly string[],
  ): Promise<void> {
    // A read up to the high watermark under read_committed comes to its end only if no transaction hangs.
    const input = await this.#read(this.#topics.input)
    const output = await this.#read(this.#topics.output)
    const changelog = await this.#read(`${this.#topics.group}-table`)
    const expected = runningValues(input)
    if (guarantee === 'exactly-once') {
      assert.deepEqual(valuesByKey(output), expected)
      checkSteps(expected, valuesByKey(changelog))
    } else {
      checkNothingLost(expected, valuesByKey(output), valuesByKey(changelog))
    }
    await this.#checkOffsets()
    const copies = new TableCopies(this.#context, this.#topics, byPartition(changelog))
    await copies.checkStores(places)
    await copies.checkView(this.#transport)
  }

  // What is committed is the whole input and not more.
  async #checkOffsets(): Promise<void> {
    const { ends, committed } = await this.#offsets()
    assert.deepEqual(committed, ends, 'the offsets of the group')
  }

  async #read(topic: string): Promise<readonly ReadRecord[]> {
    return (await readTopic(this.#transport, topic, PARTITIONS, this.#context)).records
  }

  /** By partition of the input: its end, and what the group has committed of it. */
  async #offsets(): Promise<{ readonly ends: readonly number[]; readonly committed: number[] }> {
    const admin = await this.#transport.admin(this.#context)
    const { group, input } = this.#topics
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({
      topic: input,
      partition,
    }))
    const [ends, committed] = await Promise.all([
      admin.offsets(partitions, 'latest'),
      admin.groupOffsets(group),
    ])
    await admin.close()
    const of = (partition: number): number =>
      committed.find((one) => one.topic === input && one.partition === partition)?.offset ?? 0
    return {
      ends: ends.map(({ offset }) => offset),
      committed: ends.map(({ partition }) => of(partition)),
    }
  }
}

function runningValues(input: readonly ReadRecord[]): ReadonlyMap<string, readonly Running[]> {
  const values = new Map<string, Running[]>()
  for (const record of input) {
    const all = values.get(nameOf(record)) ?? []
    all.push(next(all.at(-1), (parse(record.value) as Numbered).number))
    values.set(nameOf(record), all)
  }
  return sorted(values)
}

function valuesByKey(records: readonly ReadRecord[]): ReadonlyMap<string, readonly Running[]> {
  const values = new Map<string, Running[]>()
  for (const record of records) {
    const all = values.get(nameOf(record)) ?? []
    all.push(parse(record.value) as Running)
    values.set(nameOf(record), all)
  }
  return sorted(values)
}

// Input, output and table are co-partitioned: a key has the same partition in all of them.
function nameOf({ key, partition }: ReadRecord): string {
  return `${key} of partition ${partition}`
}

function byPartition(records: readonly ReadRecord[]): readonly (readonly ReadRecord[])[] {
  return Array.from({ length: PARTITIONS }, (_, partition) =>
    records.filter((record) => record.partition === partition),
  )
}

// Exactly once: the table of each key goes through running values in their order, some at a time, none twice, to the last.
function checkSteps(
  expected: ReadonlyMap<string, readonly Running[]>,
  table: ReadonlyMap<string, readonly Running[]>,
): void {
  assert.deepEqual([...table.keys()], [...expected.keys()])
  for (const [key, steps] of table) {
    const all = expected.get(key) ?? []
    const counts = steps.map(({ count }) => count)
    assert.deepEqual(
      steps,
      counts.map((count) => all[count - 1]),
      `the table's ${key}`,
    )
    assert.deepEqual(
      counts,
      [...new Set(counts)].sort((a, b) => a - b),
      `the order of the table's ${key}`,
    )
    assert.deepEqual(steps.at(-1), all.at(-1), `the table's last ${key}`)
  }
}

// At least once: each message has its output, in the order of its key at first sight, and the state counts no less.
function checkNothingLost(
  expected: ReadonlyMap<string, readonly Running[]>,
  outputs: ReadonlyMap<string, readonly Running[]>,
  table: ReadonlyMap<string, readonly Running[]>,
): void {
  for (const [key, all] of expected) {
    const seen = (outputs.get(key) ?? []).map(({ last }) => last)
    const firsts = seen.filter((number, index) => seen.indexOf(number) === index)
    assert.deepEqual(
      firsts,
      all.map(({ last }) => last),
      `the outputs of ${key}`,
    )
    const last = all.at(-1)
    const kept = table.get(key)?.at(-1)
    assert.ok(kept !== undefined && last !== undefined, `${key} is in the table`)
    assert.ok(kept.count >= last.count && kept.last === last.last, `the table's ${key}`)
  }
}

function parse(value: Buffer | undefined): unknown {
  assert.ok(value !== undefined, 'a tombstone where none was written')
  return JSON.parse(value.toString())
}

function sorted<V>(values: ReadonlyMap<string, V>): Map<string, V> {
  return new Map([...values].sort(([a], [b]) => (a < b ? -1 : 1)))
}

import assert from 'node:assert/strict'
import type { ClientContext, Transport } from '@goka/interface'
import { leveldb } from '@goka/storage-leveldb'
import { PARTITIONS } from './crash-run.ts'
import { type Numbered, next, type Running, type SummingTopics } from './summing.ts'
import { compacted, type ReadRecord, readTopic } from './topic-reading.ts'

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
    return ends.every(({ partition, offset }) =>
      committed.some(
        (one) => one.topic === input && one.partition === partition && one.offset >= offset,
      ),
    )
  }

  /** Checks everything; the group has no members any more. `places`: the folders of their stores. */
  async check(
    guarantee: 'at-least-once' | 'exactly-once',
    places: readonly string[],
  ): Promise<void> {
    // A read to the high watermark under read_committed comes to its end only if no transaction hangs.
    const input = await this.#read(this.#topics.input)
    const output = await this.#read(this.#topics.output)
    const changelog = await this.#read(`${this.#topics.group}-table`)
    const expected = runningValues(input)
    if (guarantee === 'exactly-once') {
      assert.deepEqual(valuesByKey(output), expected)
      assert.deepEqual(
        lastValues(changelog),
        new Map([...expected].map(([key, all]) => [key, all.at(-1)])),
      )
    } else {
      checkNothingLost(expected, valuesByKey(output), lastValues(changelog))
    }
    await this.#checkStores(compactedByPartition(changelog), places)
  }

  async #read(topic: string): Promise<readonly ReadRecord[]> {
    return (await readTopic(this.#transport, topic, PARTITIONS, this.#context)).records
  }

  // Every store that is up to its topic's end is equal to the compacted topic, byte by byte; each partition has one.
  async #checkStores(
    tables: readonly ReadonlyMap<string, string>[],
    places: readonly string[],
  ): Promise<void> {
    const { group } = this.#topics
    for (const [partition, table] of tables.entries()) {
      let newest = -1
      let newestEntries: ReadonlyMap<string, string> = new Map()
      for (const place of places) {
        const name = { scope: `processor/${group}`, topic: `${group}-table`, partition }
        const store = await leveldb({ path: place }).open(name, { log: this.#context.log })
        const position = store.checkpoint?.position ?? -1
        if (position > newest) {
          const entries = await store.iterate({}).next(10_000)
          newest = position
          newestEntries = new Map(
            entries.map(([key, value]) => [key, Buffer.from(value).toString('latin1')]),
          )
        }
        await store.close()
      }
      assert.deepEqual(newestEntries, table, `the store of partition ${partition}`)
    }
  }
}

function runningValues(input: readonly ReadRecord[]): ReadonlyMap<string, readonly Running[]> {
  const values = new Map<string, Running[]>()
  for (const { key, value } of input) {
    const all = values.get(key) ?? []
    all.push(next(all.at(-1), (parse(value) as Numbered).number))
    values.set(key, all)
  }
  return sorted(values)
}

function valuesByKey(output: readonly ReadRecord[]): ReadonlyMap<string, readonly Running[]> {
  const values = new Map<string, Running[]>()
  for (const { key, value } of output) {
    values.set(key, [...(values.get(key) ?? []), parse(value) as Running])
  }
  return sorted(values)
}

function lastValues(changelog: readonly ReadRecord[]): ReadonlyMap<string, Running | undefined> {
  const values = new Map<string, Running>()
  for (const { key, value } of changelog) values.set(key, parse(value) as Running)
  return sorted(values)
}

function compactedByPartition(
  records: readonly ReadRecord[],
): readonly ReadonlyMap<string, string>[] {
  return Array.from({ length: PARTITIONS }, (_, partition) =>
    sorted(compacted(records.filter((record) => record.partition === partition))),
  )
}

// At least once: each message has its output, in the order of its key at first sight, and the state counts no less.
function checkNothingLost(
  expected: ReadonlyMap<string, readonly Running[]>,
  outputs: ReadonlyMap<string, readonly Running[]>,
  table: ReadonlyMap<string, Running | undefined>,
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
    const kept = table.get(key)
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

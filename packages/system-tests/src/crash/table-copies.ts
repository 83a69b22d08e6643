import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Goka } from '@goka/core'
import type { ClientContext, Transport } from '@goka/interface'
import { leveldb } from '@goka/storage-leveldb'
import { type Running, type SummingTopics, summingGroup } from './summing.ts'
import { compacted, type ReadRecord } from './topic-reading.ts'

type Bytes = ReadonlyMap<string, string>

/** The topic of a group's table by partition, against which its copies are checked. */
export class TableCopies {
  readonly #context: ClientContext
  readonly #topics: SummingTopics
  readonly #partitions: readonly (readonly ReadRecord[])[]

  constructor(
    context: ClientContext,
    topics: SummingTopics,
    partitions: readonly (readonly ReadRecord[])[],
  ) {
    this.#context = context
    this.#topics = topics
    this.#partitions = partitions
  }

  /**
   * Every store that a member has left, also one that has been overtaken, is byte by byte the topic up to its checkpoint; and
   * of each partition there is one with the whole topic.
   */
  async checkStores(places: readonly string[]): Promise<void> {
    const scope = `processor/${this.#topics.group}`
    for (const [partition, records] of this.#partitions.entries()) {
      let isWhole = false
      for (const place of places) {
        const { position, entries } = await this.#stored(place, scope, partition)
        if (position === undefined) continue
        const until = records.filter(({ offset }) => offset < position)
        assert.deepEqual(entries, compacted(until), `the store ${place} of partition ${partition}`)
        isWhole ||= until.length === records.length
      }
      assert.ok(isWhole || records.length === 0, `a whole store of partition ${partition}`)
    }
  }

  /** A view is the table, key by key; and what it stores is byte by byte the topic. */
  async checkView(transport: Transport): Promise<void> {
    const path = await mkdtemp(join(tmpdir(), 'goka-view-'))
    try {
      const goka = new Goka({ transport, storage: leveldb({ path }) })
      await using view = goka.view(summingGroup(this.#topics).table)
      const run = view.run()
      await Promise.race([view.state.until('running'), run])
      const seen = new Map<string, Running>()
      for await (const [key, value] of view.entries()) seen.set(key, value)
      await view.stop()
      await run
      const whole = new Map(this.#partitions.flatMap((records) => [...compacted(records)]))
      const read = [...whole].map(
        ([key, value]) => [key, JSON.parse(Buffer.from(value, 'latin1').toString())] as const,
      )
      assert.deepEqual(seen, new Map(read), 'what the view answers')
      for (const [partition, records] of this.#partitions.entries()) {
        const { entries } = await this.#stored(path, 'view', partition)
        assert.deepEqual(entries, compacted(records), `the view's store of partition ${partition}`)
      }
    } finally {
      await rm(path, { recursive: true, force: true })
    }
  }

  async #stored(
    path: string,
    scope: string,
    partition: number,
  ): Promise<{ readonly position: number | undefined; readonly entries: Bytes }> {
    const name = { scope, topic: `${this.#topics.group}-table`, partition }
    const store = await leveldb({ path }).open(name, { log: this.#context.log })
    const position = store.checkpoint?.position
    const entries = await store.iterate({}).next(10_000)
    await store.close()
    const bytes = entries.map(
      ([key, value]) => [key, Buffer.from(value).toString('latin1')] as const,
    )
    return { position, entries: new Map(bytes) }
  }
}

import type { TopicPartition, TopicPartitionOffset } from '@goka/interface'
import type { Journal } from './journal.ts'
import { partitionKey } from './partition-key.ts'

/** The committed offsets of a group, and those that wait for their transaction. */
export class GroupOffsets {
  readonly #group: string
  readonly #journal: Journal | undefined
  readonly #committed = new Map<string, TopicPartitionOffset>()
  /** By producer. */
  readonly #pending = new Map<number, readonly TopicPartitionOffset[]>()
  readonly #waiting: (() => void)[] = []

  constructor(group: string, journal: Journal | undefined) {
    this.#group = group
    this.#journal = journal
  }

  all(): readonly TopicPartitionOffset[] {
    return [...this.#committed.values()]
  }

  set(offsets: readonly TopicPartitionOffset[]): void {
    this.restore(offsets)
    if (offsets.length > 0) this.#journal?.tell({ kind: 'offsets', group: this.#group, offsets })
  }

  /** Puts offsets in place as a journal has them. */
  restore(offsets: readonly TopicPartitionOffset[]): void {
    for (const { topic, partition, offset } of offsets) {
      const key = partitionKey({ topic, partition })
      this.#committed.set(key, { topic, partition, offset })
    }
  }

  /** What is committed, once no transaction may change it any more (KIP-447). */
  async stable(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]> {
    const keys = new Set(partitions.map(partitionKey))
    while (this.#isPending(keys)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return [...keys].flatMap((key) => this.#committed.get(key) ?? [])
  }

  /** Keeps offsets until the transaction of their producer ends. */
  pend(producerId: number, offsets: readonly TopicPartitionOffset[]): void {
    this.#pending.set(producerId, [...(this.#pending.get(producerId) ?? []), ...offsets])
  }

  pending(producerId: number): readonly TopicPartitionOffset[] {
    return this.#pending.get(producerId) ?? []
  }

  /** The transaction of a producer has ended. */
  settle(producerId: number, commit: boolean): void {
    if (commit) this.restore(this.pending(producerId))
    this.#pending.delete(producerId)
    for (const go of this.#waiting.splice(0)) go()
  }

  forgetTopic(topic: string): void {
    for (const [key, offset] of this.#committed)
      if (offset.topic === topic) this.#committed.delete(key)
    for (const [producerId, offsets] of this.#pending) {
      this.#pending.set(
        producerId,
        offsets.filter((offset) => offset.topic !== topic),
      )
    }
  }

  #isPending(keys: ReadonlySet<string>): boolean {
    for (const offsets of this.#pending.values()) {
      for (const offset of offsets) if (keys.has(partitionKey(offset))) return true
    }
    return false
  }
}

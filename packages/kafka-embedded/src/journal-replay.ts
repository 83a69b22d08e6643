import type { Group } from './group.ts'
import type { JournalEntry } from './journal.ts'
import { ROW_BYTES, Segment } from './segment.ts'
import type { Topics } from './topics.ts'

/** What a journal is replayed to. */
export interface ReplayTarget {
  readonly topics: Topics
  readonly groups: Iterable<Group>
  group(name: string): Group
}

/** Brings a broker to where it was. */
export class JournalReplay {
  readonly #target: ReplayTarget
  /** By producer: transactions whose fate is settled but perhaps not written to each of their partitions. */
  readonly #decided = new Map<number, boolean>()

  constructor(target: ReplayTarget) {
    this.#target = target
  }

  take(entry: JournalEntry, data: Uint8Array): void {
    const { topics } = this.#target
    switch (entry.kind) {
      case 'format':
        break
      case 'topic':
        topics.restore(entry.topic, entry.id, entry.partitions, entry.config)
        break
      case 'topic-deleted':
        topics.delete(entry.topic)
        for (const { offsets } of this.#target.groups) offsets.forgetTopic(entry.topic)
        break
      case 'records': {
        const rowsEnd = entry.records * ROW_BYTES
        const segment = Segment.of(data.subarray(0, rowsEnd), data.subarray(rowsEnd))
        // The transaction that was decided is complete: its producer has begun another one.
        if (entry.transactional) this.#decided.delete(entry.producerId)
        topics.log(entry).restore(segment, entry)
        break
      }
      case 'marker':
        topics.log(entry).endTransaction(entry.producerId, entry.commit)
        break
      case 'start':
        topics.log(entry).deleteBefore(entry.offset)
        break
      case 'end':
        topics.log(entry).skipTo(entry.offset)
        break
      case 'decision':
        this.#decided.set(entry.producerId, entry.commit)
        if (!entry.commit) break
        for (const { group, offsets } of entry.offsets) {
          this.#target.group(group).offsets.restore(offsets)
        }
        break
      case 'offsets':
        this.#target.group(entry.group).offsets.restore(entry.offsets)
        break
    }
  }

  /** Ends what is open: its producers are gone. */
  finish(): void {
    for (const { logs } of this.#target.topics.values()) {
      for (const log of logs) {
        for (const producerId of log.openProducers) {
          log.endTransaction(producerId, this.#decided.get(producerId) ?? false)
        }
      }
    }
  }
}

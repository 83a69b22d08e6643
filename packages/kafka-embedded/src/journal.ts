import type { TopicPartitionOffset } from '@goka/interface'

/** Keeps what happens to a broker, in the order in which it happens. */
export interface Journal {
  /** @param data - what belongs to the entry; never written again */
  tell(entry: JournalEntry, data?: readonly Uint8Array[]): void
  /** Calls back once all that was told so far is written. */
  written(callback: () => void): void
}

/** What happened to a broker. */
export type JournalEntry =
  /** The first entry: how the others are written. */
  | { readonly kind: 'format'; readonly version: number }
  | {
      readonly kind: 'topic'
      readonly topic: string
      readonly id: number
      readonly partitions: number
      readonly config: Readonly<Record<string, string>>
    }
  | { readonly kind: 'topic-deleted'; readonly topic: string }
  | {
      /** Records were appended; the rows and then the bytes of a segment follow. */
      readonly kind: 'records'
      readonly topic: string
      readonly partition: number
      readonly producerId: number
      readonly transactional: boolean
      readonly records: number
    }
  | {
      readonly kind: 'marker'
      readonly topic: string
      readonly partition: number
      readonly producerId: number
      readonly commit: boolean
    }
  /** The first offset that is kept, or the offset of the next record. */
  | ({ readonly kind: 'start' | 'end' } & TopicPartitionOffset)
  | {
      readonly kind: 'decision'
      readonly producerId: number
      readonly commit: boolean
      readonly offsets: readonly GroupCommit[]
    }
  | ({ readonly kind: 'offsets' } & GroupCommit)

interface GroupCommit {
  readonly group: string
  readonly offsets: readonly TopicPartitionOffset[]
}

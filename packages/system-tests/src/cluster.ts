import type { ProcessorOptions, ProcessorReport } from '@goka/core'

/** A Kafka and the instances of counting groups that use it, wherever they run. */
export interface Cluster {
  createTopic(topic: string, partitions: number): Promise<void>
  /** Emits a message for each of the keys; resolves when all are acknowledged. */
  emit(topic: string, keys: readonly string[]): Promise<void>
  /** Starts a member of a group that counts the messages of a topic; resolves when it runs. */
  startProcessor(options: MemberOptions): Promise<Member>
  /** Starts a view of the group's table; resolves when it is complete. */
  startView(group: string): Promise<TableView>
  /** Ends everything that was started. */
  close(): Promise<void>
}

/** What a member of a counting group is told. */
export interface MemberOptions {
  readonly group: string
  /** The topic that is counted. */
  readonly input: string
  /** Where its stores are: a member that is started at the place of an earlier one finds its stores. */
  readonly place: string
  readonly processor: ProcessorOptions
}

/** A running member of a group. */
export interface Member {
  report(): Promise<ProcessorReport>
  /** Ends it in order; resolves when it has ended. */
  stop(): Promise<void>
}

/** A running view. */
export interface TableView {
  /** All keys with their counts, in the view's order. */
  entries(): Promise<readonly (readonly [key: string, count: string])[]>
  stop(): Promise<void>
}

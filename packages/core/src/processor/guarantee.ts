import {
  type ClientContext,
  GokaError,
  type GroupConsumer,
  isGokaError,
  type ProduceBatch,
  type Producer,
  type TopicPartitionOffset,
  type TransactionalProducer,
  type Transport,
} from '@goka/interface'
import type { PartitionTable } from '../table/partition-table.ts'
import { checkForeignRecords, type TableWrite } from './foreign-records.ts'
import { writeError } from './record-size.ts'
import type { CapturedEpoch, Task } from './task.ts'

/**
 * How the epochs of a commit become durable in Kafka: changelog, outputs and input offsets.
 * Resolves with the offset after the last record in each partition of the table that was written.
 */
export interface Guarantee {
  /** The producer that outputs go through. */
  readonly producer: Producer
  /** Whether outputs wait for the commit. */
  readonly holdOutputs: boolean
  commit(
    consumer: GroupConsumer,
    epochs: readonly CapturedEpoch[],
    changelog: ProduceBatch,
  ): Promise<readonly TopicPartitionOffset[]>
  close(): Promise<void>
}

/** How often a transaction that was aborted is tried before the processor starts anew. */
const TRIES = 3

/**
 * Everything is acknowledged before the offsets are committed: nothing is lost, and after a crash some records may be
 * processed again.
 */
export class AtLeastOnce implements Guarantee {
  readonly producer: Producer
  readonly holdOutputs = false

  constructor(producer: Producer) {
    this.producer = producer
  }

  async commit(
    consumer: GroupConsumer,
    epochs: readonly CapturedEpoch[],
    changelog: ProduceBatch,
  ): Promise<readonly TopicPartitionOffset[]> {
    const [positions] = await Promise.all([
      sendChangelog(this.producer, epochs, changelog),
      ...epochs.map(({ epoch }) => epoch.sent()),
    ])
    const offsets = inputOffsets(epochs)
    checkHeld(epochs)
    if (offsets.length > 0) await consumer.commit(offsets)
    noteCommitted(epochs)
    return positions
  }

  close(): Promise<void> {
    return this.producer.close()
  }
}

/**
 * Changelog, outputs and offsets are one transaction (KIP-98, KIP-447): all of it is visible or nothing, and a member that
 * was replaced cannot commit.
 */
export class ExactlyOnce implements Guarantee {
  readonly producer: TransactionalProducer
  readonly holdOutputs = true
  readonly #transport: Transport
  readonly #context: ClientContext
  // Where the last commit has ended in a table: its marker comes next.
  readonly #ends = new WeakMap<PartitionTable, number>()

  constructor(producer: TransactionalProducer, transport: Transport, context: ClientContext) {
    this.producer = producer
    this.#transport = transport
    this.#context = context
  }

  async commit(
    consumer: GroupConsumer,
    epochs: readonly CapturedEpoch[],
    changelog: ProduceBatch,
  ): Promise<readonly TopicPartitionOffset[]> {
    for (let tries = 1; ; tries++) {
      try {
        const positions = await this.#transact(consumer, epochs, changelog)
        await this.#checkForeign(epochs, positions)
        return positions
      } catch (error) {
        // What was aborted is invisible, and everything to be written is still here: it can be done again.
        if (!isGokaError(error, 'GOKA_TRANSPORT_ABORTABLE')) throw error
        await this.producer.abort()
        if (tries === TRIES) throw error
      }
    }
  }

  async #transact(
    consumer: GroupConsumer,
    epochs: readonly CapturedEpoch[],
    changelog: ProduceBatch,
  ): Promise<readonly TopicPartitionOffset[]> {
    const { producer } = this
    await producer.begin()
    const [positions] = await Promise.all([
      sendChangelog(producer, epochs, changelog),
      ...epochs.map(({ task, epoch }) => sendOutputs(producer, task, epoch.outputs)),
    ])
    checkHeld(epochs)
    checkTable(epochs, positions)
    await producer.commit(consumer, inputOffsets(epochs))
    noteCommitted(epochs)
    for (const { task, epoch } of epochs) task.statistics.emitted += epoch.outputs.length
    return positions
  }

  // What takes more offsets than the records of the commit and the marker of the one before may be somebody else's.
  async #checkForeign(
    epochs: readonly CapturedEpoch[],
    positions: readonly TopicPartitionOffset[],
  ): Promise<void> {
    const doubtful: TableWrite[] = []
    for (const { task, cells } of epochs) {
      const { table } = task.scope
      const end = positions.find(({ partition }) => partition === task.partition)?.offset
      if (table === undefined || end === undefined) continue
      const markers = this.#ends.get(table) === table.position ? 1 : 0
      this.#ends.set(table, end)
      const others = end - table.position - cells.length
      if (others > markers) doubtful.push({ table, end, own: cells.length })
    }
    if (doubtful.length > 0) await checkForeignRecords(doubtful, this.#transport, this.#context)
  }

  close(): Promise<void> {
    return this.producer.close()
  }
}

async function sendChangelog(
  producer: Producer,
  epochs: readonly CapturedEpoch[],
  changelog: ProduceBatch,
): Promise<readonly TopicPartitionOffset[]> {
  if (changelog.length === 0) return []
  try {
    return await producer.send(changelog)
  } catch (error) {
    if (!isGokaError(error, 'GOKA_TRANSPORT_RECORD_TOO_LARGE')) throw error
    // Each task writes its own partition.
    const { partition } = error.details
    const writer = epochs.find(({ task }) => task.partition === partition)?.task
    throw writer === undefined ? error : writeError(error, writer)
  }
}

async function sendOutputs(producer: Producer, task: Task, outputs: ProduceBatch): Promise<void> {
  if (outputs.length === 0) return
  try {
    await producer.send(outputs)
  } catch (error) {
    throw writeError(error, task)
  }
}

// A member that has lost a partition may have joined again by now and have it anew: then the broker would take offsets
// that the new task of the partition has not come to.
function checkHeld(epochs: readonly CapturedEpoch[]): void {
  const lost = epochs.find(({ task }) => task.isLost)
  if (lost === undefined) return
  throw new GokaError(
    'GOKA_TRANSPORT_FENCED',
    `partition ${lost.task.partition} was lost while its work was being committed: it is processed again`,
    { operation: 'commit', retriable: true, reason: 'the partition was lost' },
  )
}

// A table that ends before what was written to it is another one: its topic was deleted and made anew.
function checkTable(
  epochs: readonly CapturedEpoch[],
  positions: readonly TopicPartitionOffset[],
): void {
  for (const { task, cells } of epochs) {
    const { table } = task.scope
    if (table === undefined) continue
    const written = positions.find(({ partition }) => partition === task.partition)
    const expected = table.position + cells.length
    if (written === undefined || written.offset >= expected) continue
    const { topic, partition } = table
    throw new GokaError(
      'GOKA_TRANSPORT_FENCED',
      `${topic}/${partition} ends at ${written.offset} and not at ${expected} or later: its topic was made anew, the partition is read anew`,
      { operation: 'write the table', retriable: true, reason: 'the topic was made anew' },
    )
  }
}

function noteCommitted(epochs: readonly CapturedEpoch[]): void {
  for (const { task, epoch } of epochs) task.statistics.committed(epoch.positions)
}

function inputOffsets(epochs: readonly CapturedEpoch[]): readonly TopicPartitionOffset[] {
  const offsets: TopicPartitionOffset[] = []
  for (const { task, epoch } of epochs) {
    // What a visit writes moves no offset. They are committed all the same: it is by them that Kafka knows whether the
    // partition is still this member's.
    for (const [topic, offset] of epoch.positions.size > 0 ? epoch.positions : task.positions) {
      offsets.push({ topic, partition: task.partition, offset })
    }
  }
  return offsets
}

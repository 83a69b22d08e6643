import { EventEmitter } from 'node:events'
import {
  type RecordBatch,
  RecordBatchBuilder,
  type TopicPartition,
  type TopicPartitionOffset,
} from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import type { RecordSource } from '../../src/record-source.ts'

/** A client of node-rdkafka that writes down what it is told, as `pause in/0`. */
export class FakeConsumer extends EventEmitter {
  readonly calls: string[] = []
  protocol = 'COOPERATIVE'
  /** What the next seeks fail with. */
  readonly seekFaults: unknown[] = []
  /** What the next assignment fails with. */
  assignFault: Error | undefined
  watermark = { lowOffset: -1001, highOffset: -1001 }

  /** The client as the code under test takes it. */
  get client(): rdkafka.KafkaConsumer {
    return this as unknown as rdkafka.KafkaConsumer
  }

  rebalanceProtocol(): string {
    return this.protocol
  }

  assign(positions: readonly TopicPartitionOffset[]): void {
    this.#assigned('assign', positions)
  }

  incrementalAssign(positions: readonly TopicPartitionOffset[]): void {
    this.#assigned('incrementalAssign', positions)
  }

  unassign(): void {
    this.calls.push('unassign')
  }

  incrementalUnassign(partitions: readonly TopicPartition[]): void {
    this.calls.push(`incrementalUnassign ${places(partitions)}`)
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.calls.push(`pause ${places(partitions)}`)
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.calls.push(`resume ${places(partitions)}`)
  }

  seek(position: TopicPartitionOffset, _timeoutMs: number, done: (error: unknown) => void): void {
    const fault = this.seekFaults.shift()
    if (fault === undefined) this.calls.push(`seek ${places([position])}`)
    setImmediate(done, fault)
  }

  offsetsForTimes(_partitions: unknown, _timeoutMs: number, done: (error: unknown) => void): void {
    setImmediate(done, null)
  }

  getWatermarkOffsets(): rdkafka.WatermarkOffsets {
    return this.watermark
  }

  #assigned(how: string, positions: readonly TopicPartitionOffset[]): void {
    if (this.assignFault !== undefined) throw this.assignFault
    this.calls.push(`${how} ${places(positions)}`)
  }
}

/** A source that returns what it is given, and forgets what is to be discarded. */
export class FakeSource implements RecordSource {
  batches: RecordBatch[] = []

  async poll(): Promise<readonly RecordBatch[]> {
    return this.batches.splice(0)
  }

  async discard(partitions: readonly TopicPartition[]): Promise<void> {
    this.batches = this.batches.filter(
      (batch) =>
        !partitions.some((p) => p.topic === batch.topic && p.partition === batch.partition),
    )
  }

  async stop(): Promise<void> {}

  /** Has records from `from` to before `next` popped. */
  pop(partition: number, from: number, next: number, atEnd = false): void {
    const builder = new RecordBatchBuilder('in', partition)
    for (let offset = from; offset < next; offset++) {
      builder.add(offset, 0, null, Buffer.from('v'), [])
    }
    this.batches.push(builder.build(next, atEnd))
  }
}

/** `in/0@5 in/1`. */
export function places(partitions: readonly (TopicPartition & { offset?: number })[]): string {
  return partitions
    .map((p) => `${p.topic}/${p.partition}${p.offset === undefined ? '' : `@${p.offset}`}`)
    .join(' ')
}

/** Partitions of the topic `in`. */
export function partitions(...numbers: number[]): { topic: string; partition: number }[] {
  return numbers.map((partition) => ({ topic: 'in', partition }))
}

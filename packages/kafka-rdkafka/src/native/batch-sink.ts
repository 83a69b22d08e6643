import type { ProduceBatch, TopicPartitionOffset } from '@goka/interface'
import type { RecordSink, SinkReport, SinkResult } from '../record-sink.ts'
import type { NativeAddon, ProducerSink } from './addon.ts'

const END_FIELDS = 3

/**
 * Writes through a connected producer that was made with the plugin, on the addon's thread.
 *
 * Of a record that was written although librdkafka cannot tell where (the broker has forgotten all of a retried request but
 * that it was written) the offset is NaN and the code 0, and it moves no end.
 * @param client - `client.name` of node-rdkafka
 */
export function batchSink(native: NativeAddon, client: string): RecordSink {
  return new BatchSink(native, client)
}

class BatchSink implements RecordSink {
  readonly #sink: ProducerSink
  readonly #sent = new Map<number, (report: Float64Array) => void>()
  #nextId = 0
  readonly #stopped: Promise<void>
  #resolveStopped!: () => void

  constructor(native: NativeAddon, client: string) {
    this.#stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve
    })
    this.#sink = new native.ProducerSink(client, () => this.#wake())
  }

  send(batch: ProduceBatch): Promise<SinkResult> {
    if (batch.length === 0) return Promise.resolve({ ends: [], failure: undefined })
    return new Promise((resolve) => {
      const { topics } = batch
      this.#start(batch, false, (report) => resolve(readResult(report, topics)))
    })
  }

  sendEach(batch: ProduceBatch): Promise<SinkReport> {
    const { length } = batch
    if (length === 0) {
      return Promise.resolve({ offsets: new Float64Array(0), codes: new Int32Array(0) })
    }
    return new Promise((resolve) => {
      this.#start(batch, true, (report) => resolve(readReport(report, length)))
    })
  }

  stop(): Promise<void> {
    this.#sink.stop()
    return this.#stopped
  }

  #start(batch: ProduceBatch, each: boolean, settle: (report: Float64Array) => void): void {
    const { topics, rows, bytes, length, byteLength } = batch
    const id = this.#nextId++
    this.#sink.send(id, topics, rows, length, bytes, byteLength, each)
    this.#sent.set(id, settle)
    // Nothing wakes a sink that has ended.
    if (this.#sink.stopped()) this.#wake()
  }

  #wake(): void {
    for (let buffer = this.#sink.take(); buffer !== undefined; buffer = this.#sink.take()) {
      const report = new Float64Array(buffer)
      const id = report[0] as number
      const settle = this.#sent.get(id)
      this.#sent.delete(id)
      settle?.(report)
    }
    if (this.#sink.stopped()) this.#resolveStopped()
  }
}

function readResult(report: Float64Array, topics: readonly string[]): SinkResult {
  const ends: TopicPartitionOffset[] = []
  for (let at = 3; at < report.length; at += END_FIELDS) {
    ends.push({
      topic: topics[report[at] as number] as string,
      partition: report[at + 1] as number,
      offset: report[at + 2] as number,
    })
  }
  const index = report[1] as number
  return { ends, failure: index < 0 ? undefined : { index, code: report[2] as number } }
}

function readReport(report: Float64Array, length: number): SinkReport {
  return {
    offsets: report.subarray(1, 1 + length),
    codes: new Int32Array(report.subarray(1 + length)),
  }
}

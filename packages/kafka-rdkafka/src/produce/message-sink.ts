import { isUtf8 } from 'node:buffer'
import type { Clock, Header, ProduceBatch } from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import { delay } from '../client/call.ts'
import { faultCodes, toFault } from '../client-fault.ts'
import type { RecordSink, SinkReport, SinkResult } from '../record-sink.ts'

/** How long to wait for room in the client's queue, if no delivery makes some before. */
const fullWaitMs = 5

/**
 * Records by node-rdkafka's own `produce`, and what became of them by its delivery reports. Headers go through C strings
 * there, so that values that are no text are refused.
 */
export class MessageSink implements RecordSink {
  readonly #client: rdkafka.Producer
  readonly #clock: Clock
  /** Those under way, by the order of their numbers: batches in which a delivery report looks for its record. */
  readonly #deliveries: Delivery[] = []
  #next = 0
  #enqueued: Promise<unknown> = Promise.resolve()
  #stopped = false

  constructor(client: rdkafka.Producer, clock: Clock) {
    this.#client = client
    this.#clock = clock
    client.on('delivery-report', (error, report) => {
      const code = (error as unknown) === null ? 0 : toFault(error).code
      this.#settle(report.opaque as number, code, report.offset)
    })
  }

  async send(batch: ProduceBatch): Promise<SinkResult> {
    const { offsets, codes } = await this.sendEach(batch)
    const index = codes.findIndex((code) => code !== 0)
    return {
      ends: endsOf(batch, offsets),
      failure: index < 0 ? undefined : { index, code: codes[index] as number },
    }
  }

  async sendEach(batch: ProduceBatch): Promise<SinkReport> {
    const delivery = new Delivery(batch, this.#next)
    this.#next += batch.length
    if (batch.length === 0) return delivery.report
    this.#deliveries.push(delivery)
    this.#enqueued = this.#enqueued.then(() => this.#enqueue(delivery))
    await delivery.settled
    return delivery.report
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const delivery of this.#deliveries.splice(0)) delivery.settleRest(faultCodes.ERR__DESTROY)
    await this.#enqueued
  }

  async #enqueue(delivery: Delivery): Promise<void> {
    const { batch, first } = delivery
    let index = 0
    while (index < batch.length) {
      const code = this.#stopped ? faultCodes.ERR__DESTROY : this.#produce(batch, index, first)
      if (code === faultCodes.ERR__QUEUE_FULL) {
        await delay(this.#clock, fullWaitMs)
        continue
      }
      if (code !== 0) this.#settle(first + index, code, NaN)
      index++
    }
  }

  #produce(batch: ProduceBatch, index: number, first: number): number {
    const headers = batch.headers(index)
    const written = headers.length === 0 ? undefined : headers.map(writeHeader)
    if (written?.includes(undefined)) return faultCodes.ERR__UNSUPPORTED_FEATURE
    const timestamp = batch.timestamp(index)
    try {
      this.#client.produce(
        batch.topic(index),
        batch.partition(index),
        batch.value(index) as Buffer | null,
        batch.key(index) as Buffer | null,
        Number.isNaN(timestamp) ? null : timestamp,
        first + index,
        written as rdkafka.MessageHeader[] | undefined,
      )
      return 0
    } catch (error) {
      return toFault(error).code
    }
  }

  #settle(number: number, code: number, offset: number): void {
    const at = this.#deliveries.findIndex((delivery) => number < delivery.first + delivery.length)
    const delivery = this.#deliveries[at]
    if (delivery === undefined || number < delivery.first) return
    if (delivery.settle(number - delivery.first, code, offset)) this.#deliveries.splice(at, 1)
  }
}

/** A batch on its way. */
class Delivery {
  readonly batch: ProduceBatch
  /** Number of its first record; the others follow. */
  readonly first: number
  readonly length: number
  readonly report: SinkReport
  readonly settled: Promise<void>
  readonly #open: Uint8Array
  #left: number
  #done!: () => void

  constructor(batch: ProduceBatch, first: number) {
    this.batch = batch
    this.first = first
    this.length = batch.length
    this.report = {
      offsets: new Float64Array(batch.length).fill(NaN),
      codes: new Int32Array(batch.length),
    }
    this.#open = new Uint8Array(batch.length).fill(1)
    this.#left = batch.length
    this.settled = new Promise((resolve) => {
      this.#done = resolve
    })
  }

  /** Returns whether all are settled now. */
  settle(index: number, code: number, offset: number): boolean {
    if (this.#open[index] === 1) {
      this.#open[index] = 0
      this.#left--
      this.report.codes[index] = code
      if (code === 0) this.report.offsets[index] = offset
      if (this.#left === 0) this.#done()
    }
    return this.#left === 0
  }

  settleRest(code: number): void {
    for (const index of this.#open.keys()) this.settle(index, code, NaN)
  }
}

function endsOf(batch: ProduceBatch, offsets: Float64Array): SinkResult['ends'] {
  const ends = new Map<string, number[]>()
  for (let index = 0; index < offsets.length; index++) {
    const offset = offsets[index] as number
    if (Number.isNaN(offset)) continue
    const topic = batch.topic(index)
    let ofTopic = ends.get(topic)
    if (ofTopic === undefined) {
      ofTopic = []
      ends.set(topic, ofTopic)
    }
    const partition = batch.partition(index)
    ofTopic[partition] = Math.max(ofTopic[partition] ?? 0, offset + 1)
  }
  return [...ends].flatMap(([topic, ofTopic]) =>
    // Partitions without a record are holes, which flatMap leaves out.
    ofTopic.flatMap((offset, partition) => [{ topic, partition, offset }]),
  )
}

function writeHeader({ name, value }: Header): rdkafka.MessageHeader | undefined {
  if (value === null || name.includes('\0') || value.includes(0) || !isUtf8(value)) return undefined
  return { [name]: Buffer.from(value.buffer, value.byteOffset, value.length) }
}

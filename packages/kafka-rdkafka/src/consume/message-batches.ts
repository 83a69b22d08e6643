import {
  type Header,
  type Headers,
  type RecordBatch,
  RecordBatchBuilder,
  type TopicPartition,
} from '@goka/interface'
import type rdkafka from 'node-rdkafka'

const noHeaders: Headers = []

/** Puts the messages of node-rdkafka into batches, one topic-partition each. */
export class MessageBatches {
  readonly #maxBytes: number
  readonly #open = new Map<string, OpenBatch[]>()
  readonly #done: RecordBatch[] = []
  readonly #skipped = new Set<string>()
  /** Messages come in runs of one partition. */
  #current: OpenBatch | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  add(message: rdkafka.Message): void {
    const batch = this.#batch(message.topic, message.partition)
    if (batch.skipped) return
    batch.builder.add(
      message.offset,
      message.timestamp ?? -1,
      (message.key ?? null) as Buffer | null,
      message.value,
      message.headers === undefined ? noHeaders : readHeaders(message.headers),
    )
    batch.nextOffset = message.offset + 1
    if (batch.builder.byteLength >= this.#maxBytes) this.#close(batch, false)
  }

  /** The end of a partition was reached. */
  end({ topic, partition, offset }: rdkafka.EofEvent): void {
    const batch = this.#batch(topic, partition)
    if (batch.skipped) return
    batch.nextOffset = offset
    this.#close(batch, true)
  }

  /** From now on, what comes of these partitions is left out. */
  skip(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#skipped.add(keyOf(partition))
  }

  unskip(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#skipped.delete(keyOf(partition))
  }

  /** What has been gathered since the last call. */
  take(): RecordBatch[] {
    for (const batches of this.#open.values()) {
      for (const batch of batches) {
        if (batch?.builder.length) this.#close(batch, false)
      }
    }
    this.#open.clear()
    this.#current = undefined
    return this.#done.splice(0)
  }

  #batch(topic: string, partition: number): OpenBatch {
    const current = this.#current
    if (current !== undefined && current.topic === topic && current.partition === partition) {
      return current
    }
    let ofTopic = this.#open.get(topic)
    if (ofTopic === undefined) {
      ofTopic = []
      this.#open.set(topic, ofTopic)
    }
    this.#current = ofTopic[partition] ??= {
      topic,
      partition,
      builder: new RecordBatchBuilder(topic, partition),
      nextOffset: 0,
      skipped: this.#skipped.has(keyOf({ topic, partition })),
    }
    return this.#current
  }

  #close(batch: OpenBatch, atEnd: boolean): void {
    this.#done.push(batch.builder.build(batch.nextOffset, atEnd))
  }
}

interface OpenBatch {
  readonly topic: string
  readonly partition: number
  readonly builder: RecordBatchBuilder
  readonly skipped: boolean
  nextOffset: number
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

/** Each header is an object with one property. A value that is absent comes as an empty one. */
function readHeaders(headers: readonly rdkafka.MessageHeader[]): Headers {
  return headers.map(readHeader)
}

function readHeader(header: rdkafka.MessageHeader): Header {
  const [entry] = Object.entries(header)
  if (entry !== undefined) return { name: entry[0], value: entry[1] as Buffer }
  // A header of this name became the prototype of the object.
  return { name: '__proto__', value: Object.getPrototypeOf(header) as Buffer }
}

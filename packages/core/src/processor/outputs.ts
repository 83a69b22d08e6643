import type {
  ByteString,
  ClientContext,
  Headers,
  ProduceBatch,
  Producer,
  Timer,
  Transport,
} from '@goka/interface'
import type { EmitOptions } from '../graph/context.ts'
import type { Edges } from '../graph/edges.ts'
import type { Partitioner } from '../partitioner.ts'
import { unknownTopic } from '../table/changelogs.ts'
import { deadLetterTopics } from './error-policy.ts'
import type { ProcessorSettings } from './processor-options.ts'
import { recordBytes, tooLarge } from './record-size.ts'

/** How often the number of partitions is asked again. */
const REFRESH_MS = 60_000

export interface OutputsOptions {
  readonly edges: Edges
  readonly settings: ProcessorSettings
  readonly transport: Transport
  readonly partitioner: Partitioner
  readonly context: ClientContext
}

/** The topics that a group's callbacks and error policies write to, besides its table, and how many partitions each has. */
export class Outputs {
  readonly #topics: readonly string[]
  readonly #headers: Headers
  readonly #partitioner: Partitioner
  readonly #context: ClientContext
  readonly #maxRecordBytes: number
  // What goes there comes of records that failed already, and must not fail for its size.
  readonly #deadLetters: ReadonlySet<string>
  readonly #partitions = new Map<string, number>()
  #timer: Timer
  #stopped = false

  constructor({ edges, settings, transport, partitioner, context }: OutputsOptions) {
    this.#deadLetters = new Set([
      ...deadLetterTopics(settings.onError),
      ...edges.inputs.flatMap(({ options }) => deadLetterTopics(options.onError)),
    ])
    const outputs = [...edges.outputs, ...(edges.loop === undefined ? [] : [edges.loop])]
    this.#topics = [...new Set([...outputs.map(({ topic }) => topic), ...this.#deadLetters])]
    this.#headers = settings.headers
    this.#partitioner = partitioner
    this.#maxRecordBytes = transport.capabilities.maxRecordBytes ?? Number.POSITIVE_INFINITY
    this.#context = context
  }

  /**
   * Asks for the partitions of the topics, now and then again, so that writing needs no waiting.
   * @throws GokaError `GOKA_TOPIC_UNKNOWN`
   */
  async start(producer: Producer): Promise<void> {
    await Promise.all(
      this.#topics.map(async (topic) => {
        this.#partitions.set(topic, await producer.partitions(topic))
      }),
    )
    if (this.#stopped || this.#topics.length === 0) return
    this.#timer = this.#context.clock.setTimeout(() => {
      this.start(producer).catch((error: unknown) => {
        if (this.#stopped) return
        this.#context.log.warn({ err: error }, 'the partitions of the outputs cannot be looked up')
      })
    }, REFRESH_MS)
  }

  stop(): void {
    this.#stopped = true
    if (this.#timer !== undefined) this.#context.clock.clearTimeout(this.#timer)
  }

  /**
   * Adds a record to `batch`, for the partition that its key belongs to.
   * @throws GokaError `GOKA_TRANSPORT_RECORD_TOO_LARGE`
   */
  write(
    batch: ProduceBatch,
    topic: string,
    key: ByteString | null,
    value: Uint8Array | string | null,
    { headers: own, timestampMs = Number.NaN }: EmitOptions = {},
  ): void {
    const partitions = this.#partitions.get(topic)
    if (partitions === undefined) throw unknownTopic(topic)
    const partition = this.#partitioner.partition(key ?? '', partitions)
    const headers = this.#headers.length > 0 ? [...this.#headers, ...(own ?? [])] : own
    if (!this.#deadLetters.has(topic)) this.checkSize(topic, partition, key, value, headers)
    batch.add(batch.topicIndex(topic), partition, key, value, timestampMs, headers)
  }

  /** @throws GokaError `GOKA_TRANSPORT_RECORD_TOO_LARGE` when a record has more bytes than the client sends */
  checkSize(
    topic: string,
    partition: number,
    key: ByteString | null,
    value: Uint8Array | string | null,
    headers?: Headers,
  ): void {
    const bytes = recordBytes(key, value, headers)
    if (bytes > this.#maxRecordBytes) throw tooLarge(topic, partition, bytes, this.#maxRecordBytes)
  }
}

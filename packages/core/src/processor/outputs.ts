import type {
  ByteString,
  ClientContext,
  Headers,
  ProduceBatch,
  Producer,
  Timer,
} from '@goka/interface'
import type { Edges, ErrorPolicy } from '../graph/edges.ts'
import type { Partitioner } from '../partitioner.ts'
import { unknownTopic } from '../table/changelogs.ts'
import { deadLetterTopics } from './error-policy.ts'

/** How often the number of partitions is asked again. */
const REFRESH_MS = 60_000

/** The topics that a processor writes to, and how many partitions each has. */
export class Outputs {
  readonly #topics: readonly string[]
  readonly #partitioner: Partitioner
  readonly #context: ClientContext
  readonly #partitions = new Map<string, number>()
  #timer: Timer
  #stopped = false

  constructor(topics: Iterable<string>, partitioner: Partitioner, context: ClientContext) {
    this.#topics = [...topics]
    this.#partitioner = partitioner
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

  /** Adds a record to `batch`, for the partition that its key belongs to. */
  write(
    batch: ProduceBatch,
    topic: string,
    key: ByteString | null,
    value: Uint8Array | null,
    timestampMs: number,
    headers: Headers | undefined,
  ): void {
    const partitions = this.#partitions.get(topic)
    if (partitions === undefined) throw unknownTopic(topic)
    const partition = this.#partitioner.partition(key ?? '', partitions)
    batch.add(batch.topicIndex(topic), partition, key, value, timestampMs, headers)
  }
}

/** The topics that a group's callbacks and error policies write to, besides its table. */
export function outputTopics(edges: Edges, onError: ErrorPolicy): ReadonlySet<string> {
  return new Set([
    ...edges.outputs.map(({ topic }) => topic),
    ...(edges.loop === undefined ? [] : [edges.loop.topic]),
    ...deadLetterTopics(onError),
    ...edges.inputs.flatMap(({ options }) => deadLetterTopics(options.onError)),
  ])
}

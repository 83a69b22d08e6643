import type { Clock } from '@goka/interface'
import type { TopicLookup } from '../client/topic-lookup.ts'
import { topicUnknown } from '../errors.ts'

/** How long the number of partitions is taken from memory. */
const keptMs = 300_000

/** The partitions of topics, asked for when a topic is first named and every few minutes. */
export class TopicDirectory {
  readonly #lookup: TopicLookup
  readonly #clock: Clock
  readonly #known = new Map<string, { readonly partitions: number; readonly at: number }>()

  constructor(lookup: TopicLookup, clock: Clock) {
    this.#lookup = lookup
    this.#clock = clock
  }

  /** Whether all of these topics exist, as far as is known without asking. */
  hasAll(topics: readonly string[]): boolean {
    return topics.every((topic) => this.#known.has(topic))
  }

  /**
   * @param deadline - how long to wait for a broker, by the clock
   * @throws GokaError `GOKA_TOPIC_UNKNOWN`, `GOKA_TRANSPORT_FAILED`
   */
  async partitions(topic: string, deadline: number): Promise<number> {
    const known = this.#known.get(topic)
    if (known !== undefined && this.#clock.now() - known.at < keptMs) return known.partitions
    const facts = await this.#lookup.facts(topic, deadline)
    if (facts === undefined) {
      this.#known.delete(topic)
      throw topicUnknown(topic)
    }
    this.#known.set(topic, { partitions: facts.partitions, at: this.#clock.now() })
    return facts.partitions
  }

  /** A broker did not know the topic: it is asked for anew. */
  forget(topic: string): void {
    this.#known.delete(topic)
  }
}

import type rdkafka from 'node-rdkafka'
import { type Asking, askMs, unknownRepeats } from './asking.ts'
import { call } from './call.ts'

/** What the brokers say of a topic. */
export interface TopicFacts {
  readonly partitions: number
  /** Whether each partition has a leader: only then it can be used. */
  readonly ready: boolean
  /** Replicas of the partition that has fewest. */
  readonly replicationFactor: number
}

/** Asks for topics without creating them. */
export class TopicLookup {
  readonly #client: rdkafka.KafkaConsumer | rdkafka.Producer
  readonly #asking: Asking

  constructor(client: rdkafka.KafkaConsumer | rdkafka.Producer, asking: Asking) {
    this.#client = client
    this.#asking = asking
  }

  /**
   * What there is to know of a topic, or `undefined` when it does not exist.
   * @param deadline - how long to wait for a broker, by the clock; as long as need be without it
   */
  async facts(topic: string, deadline?: number): Promise<TopicFacts | undefined> {
    for (let asked = 0; ; asked++) {
      const { topics, brokers } = await this.#metadata(topic, deadline)
      const found = topics.find(({ name }) => name === topic)
      if (found !== undefined && found.partitions.length > 0) {
        return {
          partitions: found.partitions.length,
          ready: found.partitions.every(({ leader }) => leader >= 0),
          replicationFactor: Math.min(...found.partitions.map(({ replicas }) => replicas.length)),
        }
      }
      // Any broker of a cluster answers, also one that has not heard of the topic yet.
      if (brokers.length < 2 || asked === unknownRepeats) return undefined
      await this.#asking.pause()
    }
  }

  #metadata(topic: string, deadline: number | undefined): Promise<rdkafka.Metadata> {
    return this.#asking.until(
      { operation: 'metadata request', topic },
      () =>
        call<rdkafka.Metadata>((done) => {
          this.#client.getMetadata({ topic, allTopics: false, timeout: askMs }, done)
        }),
      deadline,
    )
  }
}

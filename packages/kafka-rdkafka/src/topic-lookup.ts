import type { Clock } from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import { call, delay } from './call.ts'
import type { ClientFault } from './client-fault.ts'
import { passes, transportError } from './errors.ts'
import type { Lifetime } from './lifetime.ts'

/** How long one question to a broker may hold a thread of Node's pool. */
const askMs = 2_000
const pauseMs = 100

/** What the brokers say of a topic. */
export interface TopicFacts {
  readonly partitions: number
  /** Whether each partition has a leader: only then it can be used. */
  readonly ready: boolean
}

/** Asks for topics without creating them. */
export class TopicLookup {
  readonly #client: rdkafka.KafkaConsumer | rdkafka.Producer
  readonly #clock: Clock
  readonly #lifetime: Lifetime

  constructor(client: rdkafka.KafkaConsumer | rdkafka.Producer, clock: Clock, lifetime: Lifetime) {
    this.#client = client
    this.#clock = clock
    this.#lifetime = lifetime
  }

  /** What there is to know of a topic, or `undefined` when it does not exist. Waits for a broker as long as need be. */
  async facts(topic: string): Promise<TopicFacts | undefined> {
    const metadata = await asking(this.#clock, this.#lifetime, 'metadata', topic, (done) => {
      this.#client.getMetadata({ topic, allTopics: false, timeout: askMs }, done)
    })
    const found = (metadata as rdkafka.Metadata).topics.find(({ name }) => name === topic)
    if (found === undefined || found.partitions.length === 0) return undefined
    return {
      partitions: found.partitions.length,
      ready: found.partitions.every(({ leader }) => leader >= 0),
    }
  }
}

/** A question to a broker, put again until there is an answer or a fault that does not pass. */
export async function asking<T>(
  clock: Clock,
  lifetime: Lifetime,
  operation: string,
  topic: string | undefined,
  start: (done: (error: unknown, value?: T) => void) => void,
  partition?: number,
): Promise<T> {
  for (;;) {
    try {
      return await call(start)
    } catch (error) {
      const fault = error as ClientFault
      if (!passes(fault)) {
        throw transportError(fault, { operation, writes: false, topic, partition })
      }
      await delay(clock, pauseMs)
      lifetime.check()
    }
  }
}

import type { Clock, Timer } from '@goka/interface'
import type rdkafka from 'node-rdkafka'

const busyMs = 1
/** Without records under way only events are waited for: faults, the loss of all brokers. */
const idleMs = 100

/** Has a producer's delivery reports and events served: often while records are under way, seldom otherwise. */
export class DeliveryPolling {
  readonly #client: rdkafka.Producer
  readonly #clock: Clock
  #underWay = 0
  #timer: Timer
  #stopped = false

  constructor(client: rdkafka.Producer, clock: Clock) {
    this.#client = client
    this.#clock = clock
    this.#arm()
  }

  /** Polls often until `work` is settled. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#underWay++
    if (this.#underWay === 1) this.#arm()
    try {
      return await work
    } finally {
      this.#underWay--
    }
  }

  stop(): void {
    this.#stopped = true
    this.#clock.clearTimeout(this.#timer)
  }

  #arm(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = this.#clock.setTimeout(
      () => {
        if (this.#stopped) return
        this.#client.poll()
        this.#arm()
      },
      this.#underWay > 0 ? busyMs : idleMs,
    )
  }
}

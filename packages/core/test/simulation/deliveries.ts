import type { Transport } from '@goka/interface'
import { altered } from './altered.ts'
import { idOf, type Ledger, type Tenure } from './ledger.ts'
import type { Plan } from './plan.ts'

/** In which order an instance was given its records: callbacks have to come in it, over all inputs of a partition. */
export class Deliveries {
  readonly #owner: string
  readonly #plan: Plan
  readonly #ledger: Ledger
  readonly #order = new Map<string, number>()
  /** What of each tenure was begun last, of a key or of all. */
  readonly #last = new Map<Tenure, Map<string, number>>()
  #count = 0

  constructor(owner: string, plan: Plan, ledger: Ledger) {
    this.#owner = owner
    this.#plan = plan
    this.#ledger = ledger
  }

  /** The transport, with an eye on what its consumers return. */
  recorded(transport: Transport): Transport {
    return altered(transport, {
      groupConsumer: async (options, context) => {
        const consumer = await transport.groupConsumer(options, context)
        return altered(consumer, {
          poll: async (timeoutMs) => {
            const batches = await consumer.poll(timeoutMs)
            for (const batch of batches) {
              const { topic, partition } = batch
              for (let index = 0; index < batch.length; index++) {
                const id = idOf({ topic, partition, offset: batch.offset(index) })
                this.#order.set(id, ++this.#count)
              }
            }
            return batches
          },
        })
      },
    })
  }

  /** I8: checks a callback that begins. */
  began(tenure: Tenure, key: string, topic: string, offset: number): void {
    const { partition } = tenure
    const id = idOf({ topic, partition, offset })
    const order = this.#order.get(id)
    const lane = this.#plan.concurrency === 1 ? '' : key
    const lanes = this.#last.get(tenure) ?? new Map<string, number>()
    this.#last.set(tenure, lanes)
    const last = lanes.get(lane) ?? 0
    const isAgain = this.#plan.retries && order === last
    if (order === undefined || (order <= last && !isAgain)) {
      const name = this.#owner
      this.#ledger.violate('I8', `${name} calls for ${id}, delivered as ${order}, after ${last}`)
      return
    }
    lanes.set(lane, order)
  }
}

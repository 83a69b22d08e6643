import { setImmediate as turn } from 'node:timers/promises'
import type {
  Logger,
  RebalanceListener,
  TopicPartition,
  TopicPartitionOffset,
} from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import { invalid } from '../check-options.ts'
import { faultCodes, toFault } from '../client-fault.ts'
import { transportError } from '../errors.ts'
import type { PartitionFlow } from './partition-flow.ts'

/** What a member's rebalances are answered with. */
export interface RebalanceParts {
  readonly client: rdkafka.KafkaConsumer
  readonly flow: PartitionFlow
  /** Whether the partitions of a revoke went to another member already; `undefined` when nobody can tell. */
  readonly isLost: () => boolean | undefined
  readonly onFailure: (error: unknown) => void
}

/**
 * Answers librdkafka's rebalances, one after the other: each waits for the listener and is answered whatever happens, as
 * librdkafka waits for the answer without end, in a disconnect too.
 */
export class Rebalances {
  readonly #listener: RebalanceListener
  readonly #log: Logger
  readonly #closed: Promise<void>
  #parts: RebalanceParts | undefined
  #close!: () => void
  #closing = false
  #lost = false
  #last: Promise<void> = Promise.resolve()

  constructor(listener: RebalanceListener, log: Logger) {
    this.#listener = listener
    this.#log = log
    this.#closed = new Promise((resolve) => {
      this.#close = resolve
    })
  }

  /** To be called before the client subscribes. */
  attach(parts: RebalanceParts): void {
    this.#parts = parts
  }

  /** The next revoke is of partitions that are lost. */
  markLost(): void {
    this.#lost = true
  }

  /** node-rdkafka's `rebalance_cb`. */
  readonly callback = (error: unknown, partitions: TopicPartition[]): void => {
    const parts = this.#parts
    if (parts === undefined) return
    const assigns = toFault(error).code === faultCodes.ERR__ASSIGN_PARTITIONS
    const names = partitions.map(({ topic, partition }) => ({ topic, partition }))
    this.#last = this.#last.then(async () => {
      try {
        await (assigns && !this.#closing ? this.#assign(parts, names) : this.#revoke(parts, names))
      } catch (failure) {
        this.#log.warn({ partitions: names, assigns }, 'a rebalance could not be answered')
        parts.onFailure(transportError(toFault(failure), { operation: 'rebalance', writes: false }))
      }
    })
  }

  /** Calls the listener no more, gives up waiting for it, and resolves when what came so far is answered. */
  async close(): Promise<void> {
    this.#closing = true
    this.#close()
    await this.#last
  }

  async #assign(parts: RebalanceParts, partitions: readonly TopicPartition[]): Promise<void> {
    const { client, flow } = parts
    this.#lost = false
    flow.add(partitions, true)
    await flow.start(await this.#positions(parts, partitions), (positions) => {
      if (client.rebalanceProtocol() === 'COOPERATIVE') client.incrementalAssign(positions)
      else client.assign(positions)
    })
    this.#log.debug({ partitions }, 'partitions assigned')
  }

  /** Where to start; without an answer of the listener at the beginning, paused for good as the next poll fails. */
  async #positions(
    { onFailure }: RebalanceParts,
    partitions: readonly TopicPartition[],
  ): Promise<readonly TopicPartitionOffset[]> {
    const nowhere = partitions.map((partition) => ({ ...partition, offset: 0 }))
    if (partitions.length === 0) return nowhere
    try {
      const answer = await Promise.race([this.#listener.assigned(partitions), this.#closed])
      if (answer === undefined) return nowhere
      return partitions.map((partition) => {
        const found = answer.find(
          (p) => p.topic === partition.topic && p.partition === partition.partition,
        )
        if (found !== undefined && Number.isSafeInteger(found.offset) && found.offset >= 0) {
          return { ...partition, offset: found.offset }
        }
        throw invalid(
          'listener.assigned',
          `an offset for ${partition.topic}/${partition.partition}`,
          found?.offset,
        )
      })
    } catch (error) {
      onFailure(error)
      return nowhere
    }
  }

  async #revoke(parts: RebalanceParts, partitions: readonly TopicPartition[]): Promise<void> {
    const { client, flow } = parts
    try {
      if (!this.#closing && partitions.length > 0) {
        flow.leave(partitions)
        // Whoever waits for a poll that has resolved gets its records first: what is committed now counts them.
        await turn()
        const lost = parts.isLost() ?? this.#lost
        const told = lost ? this.#listener.lost(partitions) : this.#listener.revoked(partitions)
        await Promise.race([told, this.#closed])
        this.#log.debug({ partitions, lost }, 'partitions revoked')
      }
    } catch (error) {
      parts.onFailure(error)
    } finally {
      flow.remove(partitions)
      // In a disconnect the protocol is `NONE` already.
      if (client.rebalanceProtocol() === 'COOPERATIVE') client.incrementalUnassign([...partitions])
      else client.unassign()
    }
  }
}

import type { TopicPartitionOffset } from '@goka/interface'
import type { ClientFault } from '../client-fault.ts'
import type { NativeAddon, RequestSession } from './addon.ts'

interface Pending {
  readonly resolve: (json: string) => void
  readonly reject: (fault: ClientFault) => void
}

/** Requests to one client as promises. */
export class RequestChannel {
  readonly #session: RequestSession
  readonly #pending = new Map<number, Pending>()
  #nextId = 0
  readonly #stopped: Promise<void>
  #resolveStopped!: () => void

  /** @param client - `client.name` of node-rdkafka, connected and made with the plugin */
  constructor(native: NativeAddon, client: string) {
    this.#stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve
    })
    this.#session = new native.RequestSession(client, () => this.#wake())
  }

  /** Rejects with a `ClientFault`. */
  async ask(kind: string, args: readonly (string | number)[], timeoutMs: number): Promise<unknown> {
    const json = await new Promise<string>((resolve, reject) => {
      const id = this.#nextId++
      this.#pending.set(id, { resolve, reject })
      this.#session.submit(id, kind, args.map(String), timeoutMs)
      // Nothing wakes a session that has ended.
      if (this.#session.stopped()) this.#wake()
    })
    return JSON.parse(json)
  }

  assignmentLost(): boolean {
    return this.#session.assignmentLost()
  }

  /** Resolves when nothing touches the client any more; what is under way is rejected with `ERR__DESTROY` before. */
  stop(): Promise<void> {
    this.#session.stop()
    return this.#stopped
  }

  #wake(): void {
    for (let answer = this.#session.take(); answer !== undefined; answer = this.#session.take()) {
      const [id, code, text] = answer
      const pending = this.#pending.get(id)
      this.#pending.delete(id)
      if (code === 0) pending?.resolve(text)
      else pending?.reject({ code, message: text })
    }
    if (this.#session.stopped()) this.#resolveStopped()
  }
}

/** Positions as arguments of a request. */
export function positionArguments(
  offsets: readonly TopicPartitionOffset[],
): readonly (string | number)[] {
  return offsets.flatMap(({ topic, partition, offset }) => [topic, partition, offset])
}

/** Positions in an answer. */
export function readPositions(answer: unknown): readonly TopicPartitionOffset[] {
  const rows = answer as readonly (readonly [string, number, number])[]
  return rows.map(([topic, partition, offset]) => ({ topic, partition, offset }))
}

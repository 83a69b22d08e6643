import { closedError } from '../errors.ts'

/** Whether a client is open: after its end all calls fail alike, those under way too. */
export class Lifetime {
  readonly #client: string
  readonly #underWay = new Set<(error: Error) => void>()
  #ended = false

  /** @param client - names the client in errors */
  constructor(client: string) {
    this.#client = client
  }

  get ended(): boolean {
    return this.#ended
  }

  /** @throws GokaError `GOKA_TRANSPORT_CLOSED` */
  check(): void {
    if (this.#ended) throw closedError(this.#client)
  }

  /** Settles as `work` does, or rejects with `GOKA_TRANSPORT_CLOSED` when the client ends before. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    this.check()
    return await new Promise<T>((resolve, reject) => {
      this.#underWay.add(reject)
      work()
        .then(resolve, reject)
        .finally(() => this.#underWay.delete(reject))
    })
  }

  /** Ends the client; returns whether it was open. */
  end(): boolean {
    if (this.#ended) return false
    this.#ended = true
    for (const reject of this.#underWay) reject(closedError(this.#client))
    this.#underWay.clear()
    return true
  }
}

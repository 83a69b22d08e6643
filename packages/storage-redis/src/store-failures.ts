import type { StoreDetails, StoreName } from '@goka/interface'
import { GokaError, isGokaError } from '@goka/interface'

/** Errors of the contract out of what ioredis rejects with; knows which store it is about, and shows no secret. */
export class StoreFailures {
  readonly #details: StoreDetails
  readonly #secrets: readonly string[]

  constructor({ topic, partition }: StoreName, path: string, secrets: readonly string[]) {
    this.#details = { storage: 'redis', topic, partition, path }
    this.#secrets = secrets
  }

  locked(): GokaError {
    return this.#error(
      'GOKA_STORAGE_LOCKED',
      'is open already, here or in another process; close it there, or give each instance a prefix of its own',
    )
  }

  corrupted(reason: string): GokaError {
    return this.#error(
      'GOKA_STORAGE_CORRUPTED',
      `is damaged (${reason}); drop the store or delete its keys, and it is rebuilt from the changelog`,
    )
  }

  evicts(policy: string): GokaError {
    return this.#error(
      'GOKA_STORAGE_UNAVAILABLE',
      `cannot be kept by a Redis that evicts keys; set its maxmemory-policy to noeviction, not ${policy}`,
    )
  }

  /** Nobody may write over what another process does, nor read what is not its own any more. */
  lost(): GokaError {
    return this.#error(
      'GOKA_STORAGE_UNAVAILABLE',
      'is not what this process has written any more: another one opened or dropped it after the lock had expired, or Redis lost writes when it restarted or failed over; close and open it anew',
    )
  }

  /** Whether a failed write was applied, nobody knows. */
  stopped(): GokaError {
    return this.#error(
      'GOKA_STORAGE_UNAVAILABLE',
      'cannot be used any more since a write has failed; close and open it anew',
    )
  }

  notOpen(what: 'store' | 'iterator'): GokaError {
    const subject = what === 'store' ? 'was' : 'has an iterator that was'
    return this.#error('GOKA_STORAGE_NOT_OPEN', `${subject} closed and cannot be used any more`)
  }

  /** The error for whatever was thrown while the store was `doing`: `'opened'`, `'read'`. `fault`: of the connection. */
  of(doing: string, thrown: unknown, fault?: unknown): GokaError {
    if (isGokaError(thrown)) return thrown
    const reason = this.#reason(thrown)
    if (reason.startsWith('WRONGTYPE')) return this.corrupted('a key of it is of another type')
    const reasons = fault === undefined ? reason : `${reason}; ${this.#reason(fault)}`
    return this.#error(
      'GOKA_STORAGE_UNAVAILABLE',
      `cannot be ${doing} (${reasons}); check that Redis is there, lets this user in and has room`,
      // Not the error itself: with it come the arguments of the command, of AUTH too.
      new Error(reasons),
    )
  }

  #reason(thrown: unknown): string {
    const { message, code } = (thrown ?? {}) as { message?: unknown; code?: unknown }
    // An AggregateError, of all addresses of a host, has no message.
    let text = String(message === undefined || message === '' ? (code ?? thrown) : message)
    for (const secret of this.#secrets) text = text.replaceAll(secret, '***')
    return text
  }

  #error(
    code:
      | 'GOKA_STORAGE_LOCKED'
      | 'GOKA_STORAGE_CORRUPTED'
      | 'GOKA_STORAGE_UNAVAILABLE'
      | 'GOKA_STORAGE_NOT_OPEN',
    state: string,
    cause?: Error,
  ): GokaError {
    const { topic, partition, path } = this.#details
    const message = `the store of ${topic}/${partition} in Redis at ${path} ${state}`
    return new GokaError(code, message, this.#details, cause === undefined ? {} : { cause })
  }
}

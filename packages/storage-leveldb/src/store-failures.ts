import type { StoreDetails, StoreName } from '@goka/interface'
import { GokaError, isGokaError } from '@goka/interface'

/** What LevelDB says of a file of its own that is too short, of another kind or gone, without the code for damage. */
const DAMAGE = /^Invalid argument: |^IO error: .*: (?:No such file or directory|Invalid argument)$/s

/** Turns what classic-level and the file system throw into errors of the contract; knows which store it is about. */
export class StoreFailures {
  readonly #details: StoreDetails

  constructor({ topic, partition }: StoreName, path: string) {
    this.#details = { storage: 'leveldb', topic, partition, path }
  }

  locked(cause?: unknown): GokaError {
    return this.#error(
      'GOKA_STORAGE_LOCKED',
      'is open already, here or in another process; close it there, or give each instance a path of its own',
      cause,
    )
  }

  corrupted(cause: unknown): GokaError {
    return this.#error(
      'GOKA_STORAGE_CORRUPTED',
      `is damaged (${messageOf(cause)}); drop the store or delete the folder, and it is rebuilt from the changelog`,
      cause,
    )
  }

  unavailable(doing: string, cause: unknown): GokaError {
    return this.#error(
      'GOKA_STORAGE_UNAVAILABLE',
      `cannot be ${doing} (${messageOf(cause)}); check the permissions, the space and the health of the disk`,
      cause,
    )
  }

  /** After a failed write nothing may follow: LevelDB would lose what comes after it in its log. */
  stopped(cause: unknown): GokaError {
    return this.#error(
      'GOKA_STORAGE_UNAVAILABLE',
      'takes no more writes since one has failed; close and open it anew',
      cause,
    )
  }

  notOpen(what: 'store' | 'iterator'): GokaError {
    const subject = what === 'store' ? 'was' : 'has an iterator that was'
    return this.#error('GOKA_STORAGE_NOT_OPEN', `${subject} closed and cannot be used any more`)
  }

  /** The error for whatever was thrown while the store was `doing`: `'opened'`, `'read'`. */
  of(doing: string, thrown: unknown): GokaError {
    if (isGokaError(thrown)) return thrown
    const cause = causeOf(thrown)
    switch (codeOf(cause)) {
      case 'LEVEL_LOCKED':
        return this.locked(cause)
      case 'LEVEL_CORRUPTION':
        return this.corrupted(cause)
      case 'LEVEL_ITERATOR_NOT_OPEN':
        return this.notOpen('iterator')
      default:
        return DAMAGE.test(messageOf(cause))
          ? this.corrupted(cause)
          : this.unavailable(doing, cause)
    }
  }

  #error(
    code:
      | 'GOKA_STORAGE_LOCKED'
      | 'GOKA_STORAGE_CORRUPTED'
      | 'GOKA_STORAGE_UNAVAILABLE'
      | 'GOKA_STORAGE_NOT_OPEN',
    state: string,
    cause?: unknown,
  ): GokaError {
    const { topic, partition, path } = this.#details
    const message = `the store of ${topic}/${partition} in ${path} ${state}`
    return new GokaError(code, message, this.#details, cause === undefined ? {} : { cause })
  }
}

/** classic-level wraps what went wrong at open into "Database failed to open". */
function causeOf(thrown: unknown): unknown {
  const wrapper = thrown as { code?: unknown; cause?: unknown } | null | undefined
  return wrapper?.code === 'LEVEL_DATABASE_NOT_OPEN' && wrapper.cause !== undefined
    ? wrapper.cause
    : thrown
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null | undefined)?.code
}

function messageOf(error: unknown): string {
  return String((error as { message?: unknown } | null | undefined)?.message ?? error)
}

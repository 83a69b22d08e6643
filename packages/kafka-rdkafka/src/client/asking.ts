import type { Clock } from '@goka/interface'
import { type ClientFault, faultCodes, faultOf } from '../client-fault.ts'
import { passes, transportError } from '../errors.ts'
import { delay } from './call.ts'
import type { Lifetime } from './lifetime.ts'

/** How long one question to a broker may hold a thread of Node's pool. */
export const askMs = 2_000
const pauseMs = 100
/**
 * How often a topic that a broker does not know is asked for again: it may have been created just now, and the brokers of a
 * cluster hear of it one after the other.
 */
export const unknownRepeats = 10

/** What is asked, for errors. */
export interface Question {
  readonly operation: string
  readonly topic?: string | undefined
  readonly partition?: number | undefined
}

/**
 * Puts questions to brokers again until there is an answer, a fault that does not pass, or the client is closed; some until a
 * deadline.
 */
export class Asking {
  readonly #clock: Clock
  readonly #lifetime: Lifetime

  constructor(clock: Clock, lifetime: Lifetime) {
    this.#clock = clock
    this.#lifetime = lifetime
  }

  /**
   * @param ask - rejects with a `ClientFault`
   * @param deadline - by the clock: from then on the last fault stands, and nothing is asked
   */
  async until<T>(
    question: Question,
    ask: () => Promise<T>,
    deadline: number = Number.POSITIVE_INFINITY,
  ): Promise<T> {
    let fault: ClientFault = faultOf(faultCodes.ERR__TIMED_OUT)
    let unknown = 0
    while (this.#clock.now() < deadline) {
      try {
        return await ask()
      } catch (error) {
        fault = error as ClientFault
        const mayAppear = isUnknown(fault) && unknown++ < unknownRepeats
        if (!mayAppear && !passes(fault)) break
        await this.pause()
      }
    }
    throw transportError(fault, { ...question, writes: false })
  }

  /**
   * Waits a moment before something is asked again.
   * @throws GokaError `GOKA_TRANSPORT_CLOSED` when the client has been closed
   */
  async pause(): Promise<void> {
    await delay(this.#clock, pauseMs)
    this.#lifetime.check()
  }
}

function isUnknown({ code }: ClientFault): boolean {
  return code === faultCodes.ERR_UNKNOWN_TOPIC_OR_PART || code === faultCodes.ERR_UNKNOWN_TOPIC_ID
}

import type { Clock } from '@goka/interface'
import type { ClientFault } from '../client-fault.ts'
import { passes, transportError } from '../errors.ts'
import { delay } from './call.ts'
import type { Lifetime } from './lifetime.ts'

/** How long one question to a broker may hold a thread of Node's pool. */
export const askMs = 2_000
const pauseMs = 100

/** What is asked, for errors. */
export interface Question {
  readonly operation: string
  readonly topic?: string | undefined
  readonly partition?: number | undefined
}

/** Puts questions to brokers again until there is an answer, a fault that does not pass, or the client is closed. */
export class Asking {
  readonly #clock: Clock
  readonly #lifetime: Lifetime

  constructor(clock: Clock, lifetime: Lifetime) {
    this.#clock = clock
    this.#lifetime = lifetime
  }

  /** @param ask - rejects with a `ClientFault` */
  async until<T>(question: Question, ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        const fault = error as ClientFault
        if (!passes(fault)) throw transportError(fault, { ...question, writes: false })
        await delay(this.#clock, pauseMs)
        this.#lifetime.check()
      }
    }
  }
}

import type { ClientContext } from '@goka/interface'
import { type ClientFault, faultCodes, faultName, toFault } from '../client-fault.ts'
import { passes, transportError } from '../errors.ts'
import { call, delay } from './call.ts'
import type { AnyClient } from './librdkafka-log.ts'

/** How long a probe may take: it holds a thread of Node's pool for this long while no broker is there. */
const probeMs = 200
const probePauseMs = 500

/**
 * Tells when the last broker is lost and when one is back. librdkafka says the first and not the second, so brokers are
 * probed until one answers.
 */
export class ConnectionWatch {
  readonly #client: AnyClient
  readonly #context: ClientContext
  readonly #listeners: ((fault: ClientFault) => void)[] = []
  #probing = false
  #stopped = false

  constructor(client: AnyClient, context: ClientContext) {
    this.#client = client
    this.#context = context
    client.on('event.error', (error) => {
      this.#onError(toFault(error))
    })
  }

  onFault(listener: (fault: ClientFault) => void): void {
    this.#listeners.push(listener)
  }

  stop(): void {
    this.#stopped = true
  }

  #onError(fault: ClientFault): void {
    if (this.#stopped) return
    if (fault.code === faultCodes.ERR__ALL_BROKERS_DOWN) {
      if (!this.#probing) void this.#probe(fault)
      return
    }
    const { log } = this.#context
    const facts = { reason: faultName(fault.code) }
    if (passes(fault)) log.debug(facts, fault.message)
    else log.warn(facts, fault.message)
    for (const listener of this.#listeners) listener(fault)
  }

  async #probe(fault: ClientFault): Promise<void> {
    const { clock, log, onConnection } = this.#context
    this.#probing = true
    // The first probe tells a loss from a connection that the broker closed for being idle.
    let lost = false
    while (!this.#stopped && !(await this.#answers())) {
      if (this.#stopped) break
      if (!lost) {
        lost = true
        log.warn({ reason: faultName(fault.code) }, 'no kafka broker is reachable; retrying')
        onConnection?.(false, transportError(fault, { operation: 'connection', writes: false }))
      }
      await delay(clock, probePauseMs)
    }
    this.#probing = false
    if (!lost || this.#stopped) return
    log.info('a kafka broker is reachable again')
    onConnection?.(true)
  }

  async #answers(): Promise<boolean> {
    try {
      await call((done) => {
        this.#client.getMetadata({ allTopics: false, timeout: probeMs }, done)
      })
      return true
    } catch {
      return false
    }
  }
}

import type { GokaError } from '@goka/interface'

/** What a client asks of the broker, named after Kafka's requests. */
export type Operation =
  | 'connect'
  | 'metadata'
  | 'admin'
  | 'produce'
  | 'fetch'
  | 'join'
  | 'heartbeat'
  | 'leave'
  | 'commit'
  | 'committed'
  | 'init-producer'
  | 'begin-transaction'
  | 'commit-transaction-offsets'
  | 'commit-transaction'
  | 'abort-transaction'

/** Which operations a fault meets: those that agree with everything that is given. */
export interface FaultTarget {
  readonly operation: Operation
  readonly clientId?: string
  /** Of a produce, a fetch or an administration. */
  readonly topic?: string
  /** Of a produce or a fetch. */
  readonly partition?: number
  /** Of what concerns a group. */
  readonly group?: string
  /** How many operations it meets before it ends. Default 1. */
  readonly times?: number
}

/** An operation on its way to the broker. A produce is one operation for each partition of a `send`. */
export interface Request {
  readonly operation: Operation
  readonly topic?: string | undefined
  readonly partition?: number | undefined
  readonly group?: string | undefined
}

/** What happens to an operation that a fault meets. */
export type Effect =
  | { readonly kind: 'fail'; readonly error: GokaError }
  | {
      readonly kind: 'lose'
      readonly what: 'request' | 'answer'
      readonly retry: boolean | undefined
    }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'hold'; readonly what: 'request' | 'answer' }

/** A fault that was injected. */
export interface Fault {
  /** How many operations it has met. */
  readonly hits: number
  /** Resolves when it has met its first operation. */
  met(): Promise<void>
  /** Ends it: it meets nothing more, and what it holds goes on. */
  end(): void
}

/** Faults of an embedded broker and of its clients, for tests. */
export interface Faults {
  /** The operation is not carried out; the call is rejected with this error. */
  fail(target: FaultTarget, error: GokaError): Fault
  /**
   * The request is lost on the way (nothing happened) or the answer is (it happened). The client then asks again, or, if
   * it does not `retry`, the call is rejected with `GOKA_TRANSPORT_INDEFINITE`. A produce that is asked again is not
   * written twice. Default of `retry`: false for what changes a group's offsets, a transaction or a topic.
   */
  lose(
    target: FaultTarget,
    what: 'request' | 'answer',
    options?: { readonly retry?: boolean },
  ): Fault
  /** The request arrives later, by the client's clock; later requests to the same partition wait with it. */
  delay(target: FaultTarget, delayMs: number): Fault
  /** The request (with later ones to the same partition) or the answer is held until the fault ends. */
  hold(target: FaultTarget, what: 'request' | 'answer'): Fault
  /** Cuts off every client of this id, also one that is made later, until `reconnect`. */
  disconnect(clientId: string): void
  reconnect(clientId: string): void
  /**
   * Stops every client of this id, as SIGSTOP stops a process: it neither asks nor hears anything, and the broker may
   * give its partitions away. What it had asked still arrives. After `thaw` it goes on as if nothing had been; without
   * one it is a client that crashed.
   */
  freeze(clientId: string): void
  thaw(clientId: string): void
  /** Nobody reaches the broker until `up`. It forgets nothing. */
  down(): void
  up(): void
}

/** The faults and what the connections ask of them. */
export class FaultPlan implements Faults {
  readonly #changed: () => void
  readonly #faults = new Set<PlannedFault>()
  readonly #cut = new Set<string>()
  readonly #frozen = new Set<string>()
  #isDown = false

  /** @param changed - called when clients may be reachable that were not, or the other way round */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  get isDown(): boolean {
    return this.#isDown
  }

  isCut(clientId: string): boolean {
    return this.#cut.has(clientId)
  }

  isFrozen(clientId: string): boolean {
    return this.#frozen.has(clientId)
  }

  /** The fault that meets a request, counted. */
  meet(request: Request, clientId: string): PlannedFault | undefined {
    if (this.#faults.size === 0) return undefined
    for (const fault of this.#faults) if (fault.meets(request, clientId)) return fault
    return undefined
  }

  fail(target: FaultTarget, error: GokaError): Fault {
    return this.#plan(target, { kind: 'fail', error })
  }

  lose(
    target: FaultTarget,
    what: 'request' | 'answer',
    { retry }: { readonly retry?: boolean } = {},
  ): Fault {
    return this.#plan(target, { kind: 'lose', what, retry })
  }

  delay(target: FaultTarget, delayMs: number): Fault {
    return this.#plan(target, { kind: 'delay', delayMs })
  }

  hold(target: FaultTarget, what: 'request' | 'answer'): Fault {
    return this.#plan(target, { kind: 'hold', what })
  }

  disconnect(clientId: string): void {
    this.#cut.add(clientId)
    this.#changed()
  }

  reconnect(clientId: string): void {
    this.#cut.delete(clientId)
    this.#changed()
  }

  freeze(clientId: string): void {
    this.#frozen.add(clientId)
    this.#changed()
  }

  thaw(clientId: string): void {
    this.#frozen.delete(clientId)
    this.#changed()
  }

  down(): void {
    this.#isDown = true
    this.#changed()
  }

  up(): void {
    this.#isDown = false
    this.#changed()
  }

  #plan(target: FaultTarget, effect: Effect): Fault {
    const fault = new PlannedFault(target, effect, () => this.#faults.delete(fault))
    this.#faults.add(fault)
    return fault
  }
}

/** A fault and what it holds. */
export class PlannedFault implements Fault {
  readonly effect: Effect
  readonly #target: FaultTarget
  readonly #forget: () => void
  readonly #held: (() => void)[] = []
  readonly #met: Promise<void>
  #reportMet: () => void = () => {}
  #left: number
  #ended = false
  hits = 0

  constructor(target: FaultTarget, effect: Effect, forget: () => void) {
    this.effect = effect
    this.#target = target
    this.#forget = forget
    this.#left = target.times ?? 1
    this.#met = new Promise((resolve) => {
      this.#reportMet = resolve
    })
  }

  meets(request: Request, clientId: string): boolean {
    const { operation, topic, partition, group } = this.#target
    const isMet =
      operation === request.operation &&
      (this.#target.clientId ?? clientId) === clientId &&
      (topic === undefined || topic === request.topic) &&
      (partition === undefined || partition === request.partition) &&
      (group === undefined || group === request.group)
    if (!isMet) return false
    this.hits++
    if (--this.#left <= 0) this.#forget()
    this.#reportMet()
    return true
  }

  met(): Promise<void> {
    return this.#met
  }

  /** Calls `go` when the fault ends. */
  whenEnded(go: () => void): void {
    if (this.#ended) go()
    else this.#held.push(go)
  }

  end(): void {
    this.#ended = true
    this.#forget()
    for (const go of this.#held.splice(0)) go()
  }
}

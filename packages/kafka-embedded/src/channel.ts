import type { GokaError } from '@goka/interface'
import { indefinite } from './failures.ts'
import type { Operation, PlannedFault, Request } from './faults.ts'

/** One request and what to do with its answer. */
export interface Call extends Request {
  /** Carries it out in the broker. Must do no harm when it is done twice, as far as the client asks again. */
  readonly apply: () => unknown
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** What a channel needs of its connection. */
export interface ChannelEnd {
  readonly id: string
  /** Whether requests get to the broker. */
  readonly isUp: boolean
  /** Whether the client asks nothing. */
  readonly isFrozen: boolean
  meet(request: Request): PlannedFault | undefined
  schedule(lane: string, step: () => void): void
  after(delayMs: number, go: () => void): void
  /** Brings an answer to the client. */
  answer(settle: () => void): void
}

/** What a client does not ask again when it got no answer. */
const ASKED_ONCE: readonly Operation[] = [
  'admin',
  'commit',
  'commit-transaction-offsets',
  'commit-transaction',
  'abort-transaction',
]

/** Requests of a client that reach the broker in order, one step each: a way to one partition or coordinator. */
export class Channel {
  readonly #end: ChannelEnd
  readonly #lane: string
  readonly #queue: Call[] = []
  /** What a frozen client would have asked. */
  readonly #unsent: Call[] = []
  #scheduled = false
  #isHeld = false
  /** The request that has met its fault and was let go. */
  #released: Call | undefined

  constructor(end: ChannelEnd, name: string) {
    this.#end = end
    this.#lane = `${end.id} > ${name}`
  }

  push(call: Call): void {
    ;(this.#end.isFrozen ? this.#unsent : this.#queue).push(call)
    this.kick()
  }

  /** Goes on, if there is something to do and a way to do it. */
  kick(): void {
    if (!this.#end.isFrozen && this.#unsent.length > 0) this.#queue.push(...this.#unsent.splice(0))
    if (this.#scheduled || this.#isHeld || this.#queue.length === 0 || !this.#end.isUp) return
    this.#scheduled = true
    this.#end.schedule(this.#lane, this.#step)
  }

  /** Takes back what has not arrived. */
  clear(): void {
    this.#queue.length = 0
    this.#unsent.length = 0
  }

  readonly #step = (): void => {
    this.#scheduled = false
    const call = this.#queue[0]
    if (call === undefined || !this.#end.isUp) return
    const fault = call === this.#released ? undefined : this.#end.meet(call)
    if (fault === undefined) this.#carryOut(call)
    else this.#suffer(call, fault)
    this.kick()
  }

  #carryOut(call: Call, gate: (settle: () => void) => void = (settle) => settle()): void {
    this.#queue.shift()
    const answer = (settle: () => void): void => gate(() => this.#end.answer(settle))
    let result: unknown
    try {
      result = call.apply()
    } catch (error) {
      answer(() => call.reject(error as Error))
      return
    }
    if (isPromise(result)) {
      result.then(
        (value) => answer(() => call.resolve(value)),
        (error: unknown) => answer(() => call.reject(error as Error)),
      )
    } else {
      answer(() => call.resolve(result))
    }
  }

  #suffer(call: Call, fault: PlannedFault): void {
    const { effect } = fault
    switch (effect.kind) {
      case 'fail':
        this.#refuse(call, effect.error)
        break
      case 'lose':
        if (effect.what === 'answer') attempt(call)
        if (!(effect.retry ?? !ASKED_ONCE.includes(call.operation))) {
          this.#refuse(call, indefinite(call.operation))
        }
        break
      case 'delay':
        this.#hold(call, (release) => this.#end.after(effect.delayMs, release))
        break
      case 'hold':
        if (effect.what === 'answer') this.#carryOut(call, (settle) => fault.whenEnded(settle))
        else this.#hold(call, (release) => fault.whenEnded(release))
        break
    }
  }

  #refuse(call: Call, error: GokaError): void {
    this.#queue.shift()
    this.#end.answer(() => call.reject(error))
  }

  /** Holds the channel; the request arrives afterwards without meeting another fault. */
  #hold(call: Call, until: (release: () => void) => void): void {
    this.#isHeld = true
    until(() => {
      this.#isHeld = false
      this.#released = call
      this.kick()
    })
  }
}

/** Carries out a request whose answer is lost. */
function attempt(call: Call): void {
  try {
    const result = call.apply()
    if (isPromise(result)) result.then(undefined, () => {})
  } catch {
    // Nobody hears of it.
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value
}

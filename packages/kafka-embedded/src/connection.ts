import { type ClientContext, type Clock, GokaError } from '@goka/interface'
import { Channel } from './channel.ts'
import { closed } from './failures.ts'
import type { PlannedFault, Request } from './faults.ts'
import type { Scheduler } from './scheduler.ts'

/** What a connection needs of its broker. */
export interface ConnectionHost {
  readonly scheduler: Scheduler
  readonly isDown: boolean
  isCut(clientId: string): boolean
  isFrozen(clientId: string): boolean
  meet(request: Request, clientId: string): PlannedFault | undefined
  /** The time of the broker. */
  readonly clock: Clock
  /** Calls back when all that has happened so far is kept. */
  kept(callback: () => void): void
  forget(connection: Connection): void
}

/** The way of one client to the broker and back: requests, answers, and what the broker tells by itself. */
export class Connection {
  /** Names this client among all of the broker. */
  readonly id: string
  readonly clientId: string
  readonly clock: Clock
  readonly #host: ConnectionHost
  readonly #context: ClientContext
  readonly #channels = new Map<string, Channel>()
  readonly #watchers = new Set<() => void>()
  readonly #underway = new Set<(error: Error) => void>()
  readonly #inbox: (() => void)[] = []
  readonly #mail: (() => void)[] = []
  #isReading = false
  #wasUp: boolean
  /** What every call is rejected with since the connection is closed. */
  #end: Error | undefined
  #isBroken = false
  #isConnected = false

  constructor(host: ConnectionHost, number: number, context: ClientContext) {
    this.#host = host
    this.#context = context
    this.clientId = context.clientId
    this.clock = context.clock
    this.id = `${context.clientId}#${number}`
    this.#wasUp = this.isUp
  }

  get isClosed(): boolean {
    return this.#end !== undefined
  }

  /** Why the broker closed the connection, if it did. */
  get fault(): Error | undefined {
    return this.#isBroken ? this.#end : undefined
  }

  get isUp(): boolean {
    return !this.isClosed && !this.#host.isDown && !this.#host.isCut(this.clientId)
  }

  get isFrozen(): boolean {
    return this.#host.isFrozen(this.clientId)
  }

  /** Whether the broker and the client hear each other. */
  get isReachable(): boolean {
    return this.isUp && !this.isFrozen
  }

  /** Whether the broker hears the client; one that is down misses nobody. */
  get isHeard(): boolean {
    return this.isReachable || (this.#host.isDown && !this.isClosed)
  }

  /** The clock for what the broker times. */
  get brokerClock(): Clock {
    return this.#host.clock
  }

  /** From now on the client is told when the broker is lost. */
  connected(): void {
    this.#isConnected = true
    this.update()
  }

  /**
   * Asks the broker. Requests of one channel arrive in order.
   * @throws GokaError `GOKA_TRANSPORT_CLOSED`, and what `apply` throws
   */
  request<Result>(
    channel: string,
    request: Request,
    apply: () => Result | PromiseLike<Result>,
  ): Promise<Result> {
    if (this.#end !== undefined) return Promise.reject(this.#end)
    return new Promise<Result>((resolve, reject) => {
      this.#underway.add(reject)
      this.#channel(channel).push({
        ...request,
        apply,
        resolve: (result) => {
          this.#underway.delete(reject)
          resolve(result as Result)
        },
        reject: (error) => {
          this.#underway.delete(reject)
          reject(error)
        },
      })
    })
  }

  /** Resolves once the client has heard everything that was on its way to it. */
  caughtUp(): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#end)
    return new Promise((resolve, reject) => {
      this.#underway.add(reject)
      this.answer(() => {
        this.#underway.delete(reject)
        resolve()
      })
    })
  }

  /** Brings an answer to the client, once what it tells of is kept. */
  answer(settle: () => void): void {
    this.#host.kept(() => this.#read(settle))
  }

  /**
   * Tells the client something that it did not ask for; waits until it can be reached.
   * @param isLast - what waits to be told is void
   */
  tell(step: () => void, isLast = false): void {
    if (isLast) this.#mail.length = 0
    if (this.isReachable && this.#mail.length === 0) this.#read(step)
    else this.#mail.push(step)
  }

  /** Calls `watcher` whenever it may have become reachable or unreachable. */
  watch(watcher: () => void): void {
    this.#watchers.add(watcher)
  }

  unwatch(watcher: () => void): void {
    this.#watchers.delete(watcher)
  }

  meet(request: Request): PlannedFault | undefined {
    return this.#host.meet(request, this.clientId)
  }

  schedule(lane: string, step: () => void): void {
    this.#host.scheduler.schedule(lane, step)
  }

  after(delayMs: number, go: () => void): void {
    this.clock.setTimeout(go, delayMs)
  }

  /** The faults have changed. */
  update(): void {
    if (this.#isReachableAgain()) for (const step of this.#mail.splice(0)) this.#read(step)
    for (const channel of this.#channels.values()) channel.kick()
    this.#readOn()
    for (const watcher of this.#watchers) watcher()
  }

  /** @throws GokaError `GOKA_TRANSPORT_CLOSED`, or why the broker closed the connection */
  checkOpen(): void {
    if (this.#end !== undefined) throw this.#end
  }

  /** The client needs it no more. */
  close(): void {
    this.#close(closed(this.id))
  }

  /** The broker is gone for good. */
  break(error: Error = closed(this.id)): void {
    this.#isBroken = !this.isClosed
    this.#close(error)
  }

  /** Settles every call, with this error, and drops what has not arrived. */
  #close(error: Error): void {
    if (this.#end !== undefined) return
    this.#end = error
    for (const channel of this.#channels.values()) channel.clear()
    this.#inbox.length = 0
    this.#mail.length = 0
    for (const drop of this.#underway) drop(error)
    this.#underway.clear()
    for (const watcher of this.#watchers) watcher()
    this.#host.forget(this)
  }

  #isReachableAgain(): boolean {
    const { isUp } = this
    if (isUp !== this.#wasUp && this.#isConnected && !this.isClosed) {
      this.#wasUp = isUp
      this.#read(() => this.#report(isUp))
    }
    return this.isReachable
  }

  #report(isUp: boolean): void {
    const { onConnection, connectTimeoutMs } = this.#context
    if (isUp) onConnection?.(true)
    else onConnection?.(false, unreachable(this.id, connectTimeoutMs))
  }

  #channel(name: string): Channel {
    const known = this.#channels.get(name)
    if (known !== undefined) return known
    const channel = new Channel(this, name)
    this.#channels.set(name, channel)
    return channel
  }

  #read(step: () => void): void {
    if (this.isClosed) return
    this.#inbox.push(step)
    this.#readOn()
  }

  #readOn(): void {
    if (this.#isReading || this.#inbox.length === 0 || this.isFrozen) return
    this.#isReading = true
    this.schedule(`${this.id} <`, this.#readNext)
  }

  readonly #readNext = (): void => {
    this.#isReading = false
    if (this.isFrozen) return
    this.#inbox.shift()?.()
    this.#readOn()
  }
}

/** No broker answered. */
export function unreachable(
  client: string,
  timeoutMs: number,
): GokaError<'GOKA_TRANSPORT_UNREACHABLE'> {
  return new GokaError(
    'GOKA_TRANSPORT_UNREACHABLE',
    `client ${client} cannot reach the embedded broker: a fault was injected, end it`,
    { brokers: 'embedded', timeoutMs },
  )
}

import { type ClientContext, GokaError, isGokaError, type Timer } from '@goka/interface'

/**
 * How long a run goes on without success: from its first fault, or from the moment at which one of its clients has lost
 * the last broker, until it runs again with all of them connected. Clients retry without end; this is the end.
 */
export class Patience {
  readonly #context: ClientContext
  readonly #giveUpAfterMs: number
  readonly #onChange: (isConnected: boolean, cause: GokaError | undefined) => void
  #faultySinceMs: number | undefined
  #isRunning = false
  // How many clients of the session have lost their brokers.
  #lost = 0
  #cause: GokaError | undefined
  #timer: Timer
  #isOver = false
  // Ends the session that lives; its clients are told from those of earlier ones by it.
  #giveUp: ((error: GokaError) => void) | undefined

  /** @param onChange - told when the first client has lost its brokers, and when all have one again */
  constructor(
    context: ClientContext,
    giveUpAfterMs: number,
    onChange: (isConnected: boolean, cause: GokaError | undefined) => void = () => {},
  ) {
    this.#context = context
    this.#giveUpAfterMs = giveUpAfterMs
    this.#onChange = onChange
  }

  /** Whether the time is up: nothing is tried again. */
  get isOver(): boolean {
    const { clock } = this.#context
    const sinceMs = this.#faultySinceMs
    return this.#isOver || (sinceMs !== undefined && clock.now() - sinceMs >= this.#giveUpAfterMs)
  }

  /** A session begins; `giveUp` is called when the time is up while it lives, and has to end it. */
  begin(giveUp: (error: GokaError) => void): void {
    this.#giveUp = giveUp
  }

  /** Whether no client of the session has lost its brokers. */
  get isConnected(): boolean {
    return this.#lost === 0
  }

  /** What to make a client of the session with: it is watched, by `onConnection` too. */
  watched(onConnection: (up: boolean) => void = () => {}): ClientContext {
    const session = this.#giveUp
    let isLost = false
    return {
      ...this.#context,
      onConnection: (up, cause) => {
        onConnection(up)
        if (isLost === !up || session !== this.#giveUp) return
        isLost = !up
        const wasConnected = this.isConnected
        this.#lost += up ? -1 : 1
        this.#cause = cause ?? this.#cause
        this.#update()
        if (this.isConnected !== wasConnected) this.#onChange(this.isConnected, cause)
      },
    }
  }

  /** The session runs: whatever was before is over. */
  succeeded(): void {
    this.#isRunning = true
    this.#faultySinceMs = undefined
    this.#update()
  }

  /** The session has ended with a fault. */
  failed(): void {
    this.#faultySinceMs ??= this.#context.clock.now()
    this.end()
  }

  /** The session has ended, and its clients with it. */
  end(): void {
    this.#giveUp = undefined
    this.#isRunning = false
    this.#lost = 0
    this.#cause = undefined
    this.#stopTimer()
  }

  #update(): void {
    const { clock } = this.#context
    this.#stopTimer()
    if (this.#lost === 0) {
      if (this.#isRunning) this.#faultySinceMs = undefined
      return
    }
    this.#faultySinceMs ??= clock.now()
    if (this.#giveUpAfterMs === Number.POSITIVE_INFINITY) return
    const leftMs = this.#faultySinceMs + this.#giveUpAfterMs - clock.now()
    this.#timer = clock.setTimeout(
      () => {
        this.#isOver = true
        this.#giveUp?.(this.#unreachable())
      },
      Math.max(0, leftMs),
    )
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#context.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #unreachable(): GokaError<'GOKA_TRANSPORT_UNREACHABLE'> {
    const timeoutMs = this.#giveUpAfterMs
    const cause = this.#cause
    const brokers = isGokaError(cause, 'GOKA_TRANSPORT_UNREACHABLE') ? cause.details.brokers : ''
    return new GokaError(
      'GOKA_TRANSPORT_UNREACHABLE',
      `no broker has answered for ${timeoutMs} ms, which is what restart.giveUpAfterMs allows: look at the brokers and run again`,
      { brokers, timeoutMs },
      { cause },
    )
  }
}

/** A state that can be read and watched. */
export interface StateReader<State extends string> {
  /** The state now. */
  readonly current: State
  /** When it was entered, in milliseconds since the epoch. */
  readonly sinceMs: number
  /** Calls `listener` after each change until the returned function is called. A listener that throws is the caller's loss. */
  onChange(listener: (state: State, previous: State) => void): () => void
  /**
   * Resolves when the state is one of `states`. Rejects with the signal's reason when it is aborted first, and with
   * `GOKA_PROCESSOR_NOT_READY` or `GOKA_VIEW_NOT_READY` when the end comes first: then no other state will.
   */
  until(states: State | readonly State[], signal?: AbortSignal): Promise<State>
}

/** The state after which no other comes, and the error for those who wait for one. */
export interface EndOfStates<State extends string> {
  readonly state: State
  readonly error: () => Error
}

/** The one who owns a {@link StateReader} and sets it. */
export class ObservableState<State extends string> implements StateReader<State> {
  readonly #now: () => number
  readonly #end: EndOfStates<State>
  readonly #listeners = new Set<(state: State, previous: State) => void>()
  #current: State
  #sinceMs: number

  constructor(initial: State, now: () => number, end: EndOfStates<State>) {
    this.#now = now
    this.#end = end
    this.#current = initial
    this.#sinceMs = now()
  }

  get current(): State {
    return this.#current
  }

  get sinceMs(): number {
    return this.#sinceMs
  }

  set(state: State): void {
    const previous = this.#current
    if (state === previous) return
    this.#current = state
    this.#sinceMs = this.#now()
    for (const listener of [...this.#listeners]) {
      try {
        listener(state, previous)
      } catch {
        // A watcher must not stop what it watches.
      }
    }
  }

  onChange(listener: (state: State, previous: State) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  until(states: State | readonly State[], signal?: AbortSignal): Promise<State> {
    return new Promise((resolve, reject) => {
      const wanted = typeof states === 'string' ? [states] : states
      if (wanted.includes(this.#current)) {
        resolve(this.#current)
        return
      }
      if (signal?.aborted === true) {
        reject(signal.reason as Error)
        return
      }
      if (this.#current === this.#end.state) {
        reject(this.#end.error())
        return
      }
      const end = (): void => {
        stop()
        signal?.removeEventListener('abort', abort)
      }
      const abort = (): void => {
        end()
        reject(signal?.reason as Error)
      }
      const stop = this.onChange((state) => {
        const isWanted = wanted.includes(state)
        if (!isWanted && state !== this.#end.state) return
        end()
        if (isWanted) resolve(state)
        else reject(this.#end.error())
      })
      signal?.addEventListener('abort', abort, { once: true })
    })
  }
}

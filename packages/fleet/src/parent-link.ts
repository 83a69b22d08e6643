import type { Logger, LogMethod } from '@goka/interface'
import {
  type FromMember,
  isOurs,
  type LogLevel,
  MEMBERSHIP_VARIABLE,
  type Membership,
  type ToMember,
} from './messages.ts'
import { plainFacts } from './plain-facts.ts'

/** What this process was told by the fleet that has started it; `undefined` when none has. For this process alone. */
export function takeMembership(): Membership | undefined {
  const told = process.env[MEMBERSHIP_VARIABLE]
  if (told === undefined) return undefined
  // A process that this one starts is no member.
  Reflect.deleteProperty(process.env, MEMBERSHIP_VARIABLE)
  return JSON.parse(told) as Membership
}

/** What a member does when its parent says something. */
export interface ParentListener {
  readonly stop: () => void
  readonly report: () => void
  /** The parent is gone. */
  readonly gone: () => void
}

/** A member's end of the channel to its parent. */
export class ParentLink {
  readonly #listener: ParentListener
  // Messages that are not on their way yet.
  #unsent = 0
  #onSent = (): void => {}
  readonly #hear = (message: unknown): void => {
    if (!isOurs(message)) return
    const { goka } = message as ToMember
    this.#listener[goka]()
  }

  constructor(listener: ParentListener) {
    this.#listener = listener
    process.on('message', this.#hear)
    process.once('disconnect', listener.gone)
    // Nobody reads on when the parent is gone: a line then must not end what is being finished.
    process.stdout.on('error', () => {})
    process.stderr.on('error', () => {})
  }

  /** Tells the parent something; in vain when it is gone. */
  tell(message: FromMember): void {
    if (!process.connected) return
    this.#unsent++
    process.send?.(message, undefined, undefined, () => {
      this.#unsent--
      this.#onSent()
    })
  }

  /** Waits until all that was said is on its way, and lets the process end. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      // A disconnect throws away what waits.
      this.#onSent = () => {
        if (this.#unsent === 0 || !process.connected) resolve()
      }
      process.once('disconnect', resolve)
      this.#onSent()
    })
    process.off('message', this.#hear)
    process.off('disconnect', this.#listener.gone)
    if (process.connected) process.disconnect()
  }

  /** A logger whose lines the parent writes. */
  logger(bindings: Readonly<Record<string, unknown>> = {}): Logger {
    return {
      debug: this.#method('debug', bindings),
      info: this.#method('info', bindings),
      warn: this.#method('warn', bindings),
      error: this.#method('error', bindings),
      child: (more) => this.logger({ ...bindings, ...plainFacts(more) }),
    }
  }

  #method(level: LogLevel, bindings: Readonly<Record<string, unknown>>): LogMethod {
    return (facts: object | string, message?: string): void => {
      if (typeof facts === 'string') {
        this.tell({ goka: 'log', level, facts: bindings, message: facts })
      } else {
        this.tell({ goka: 'log', level, facts: { ...bindings, ...plainFacts(facts) }, message })
      }
    }
  }
}

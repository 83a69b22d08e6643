import type { Logger } from '@goka/interface'

/** One line that was logged. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly facts: Record<string, unknown>
  readonly message: string
}

/** Keeps what is logged. */
export class LogRecorder implements Logger {
  readonly lines: LogLine[]
  readonly #bindings: Record<string, unknown>

  constructor(lines: LogLine[] = [], bindings: Record<string, unknown> = {}) {
    this.lines = lines
    this.#bindings = bindings
  }

  readonly debug: Logger['debug'] = this.#method('debug')
  readonly info: Logger['info'] = this.#method('info')
  readonly warn: Logger['warn'] = this.#method('warn')
  readonly error: Logger['error'] = this.#method('error')

  child(bindings: Record<string, unknown>): Logger {
    return new LogRecorder(this.lines, { ...this.#bindings, ...bindings })
  }

  /** The lines of a level whose message has these words. */
  find(level: LogLine['level'], words: string): readonly LogLine[] {
    return this.lines.filter((line) => line.level === level && line.message.includes(words))
  }

  #method(level: LogLine['level']): Logger['info'] {
    return (facts: object | string, message?: string): void => {
      this.lines.push(
        typeof facts === 'string'
          ? { level, facts: this.#bindings, message: facts }
          : { level, facts: { ...this.#bindings, ...facts }, message: message ?? '' },
      )
    }
  }
}

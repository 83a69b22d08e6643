/** Writes one line: the facts as an object, then the sentence; or the sentence alone. */
export interface LogMethod {
  (facts: object, message?: string): void
  (message: string): void
}

/**
 * Where the library logs to. A pino logger is one as it is. Calls are synchronous, never throw, and never carry secrets.
 */
export interface Logger {
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
  /** A logger that adds `bindings` to each of its lines. */
  child(bindings: Record<string, unknown>): Logger
}

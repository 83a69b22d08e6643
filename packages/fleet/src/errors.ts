declare module '@goka/interface' {
  interface ErrorDetails {
    /** A member has ended by itself more often in a row than `restart.limit` allows. */
    FLEET_MEMBER_FAILED: {
      readonly member: number
      /** Of the last process; `null` when a signal ended it, or when it could not be started. */
      readonly exitCode: number | null
      /** What ended the last process, such as `SIGSEGV`; `null` when it exited. */
      readonly signal: string | null
      /** How often it was started again. */
      readonly restarts: number
      /** The last lines that the last process wrote to standard error. */
      readonly output: string
    }
  }
}

// Makes this file a module, so that it augments the interface instead of declaring it anew.
export type {}

declare module '@goka/interface' {
  interface ErrorDetails {
    /** A peer cannot be built or run on this machine. */
    BENCH_SYSTEM_MISSING: { readonly system: string; readonly reason: string }
    /** A measured program ended, or did not say in time what was waited for; `output` is the end of what it printed. */
    BENCH_PROGRAM_FAILED: { readonly program: string; readonly output: string }
    /** What a system has written is not what it had to write: its figure would be worth nothing. */
    BENCH_RESULT_WRONG: { readonly system: string; readonly differences: string }
  }
}

// Makes this file a module, so that it augments the interface instead of declaring it anew.
export type {}

declare module '@goka/interface' {
  interface ErrorDetails {
    /** Java or Maven is not installed, or too old. */
    KAFKA_BROKER_TOOL_MISSING: { readonly tool: string; readonly found: string }
    /** Maven could not fetch Apache Kafka; `output` is the end of what it printed. */
    KAFKA_BROKER_FETCH_FAILED: { readonly version: string; readonly output: string }
    /** The broker ended, or did not answer in time, while it was started; `log` is the end of its log. */
    KAFKA_BROKER_START_FAILED: { readonly logPath: string; readonly log: string }
    /** The broker was stopped for good before this call. */
    KAFKA_BROKER_STOPPED: { readonly brokers: string }
    /** No broker is shared with this test: the global set-up is missing. */
    KAFKA_BROKER_NOT_SHARED: { readonly variable: string }
  }
}

// Makes this file a module, so that it augments the interface instead of declaring it anew.
export type {}

/** A fault as librdkafka reports it, before it becomes a `GokaError`. */
export interface ClientFault {
  /** librdkafka's code: negative for its own faults, positive for a broker's. */
  readonly code: number
  readonly message: string
  readonly isFatal?: boolean
  readonly isRetriable?: boolean
  readonly isTxnRequiresAbort?: boolean
}

/** A fault that came in the place of records. Where it happened is told as far as it is known. */
export interface SourceFault extends ClientFault {
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
}

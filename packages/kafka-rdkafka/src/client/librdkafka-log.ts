import type { Logger } from '@goka/interface'
import type rdkafka from 'node-rdkafka'

/** A client of node-rdkafka of either kind. */
export type AnyClient = rdkafka.Client<rdkafka.KafkaClientEvents>

/** One line of librdkafka's log. */
export interface LogLine {
  /** As in syslog: 3 and below are errors, 4 warnings. */
  readonly severity: number
  /** What it is about: `'SESSTMOUT'`. */
  readonly fac: string
  readonly message: string
}

/** Hands librdkafka's own log lines on. Lines of both kinds of trouble are warnings: librdkafka goes on after each. */
export function forwardLog(client: AnyClient, log: Logger): void {
  client.on('event.log', (line: LogLine) => {
    const facts = { facility: line.fac }
    // Settings for consumers given to producers, and the reverse: they come from one list for all clients.
    if (line.severity <= 4 && line.fac !== 'CONFWARN') log.warn(facts, line.message)
    else log.debug(facts, line.message)
  })
}

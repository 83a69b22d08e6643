import type { Logger } from '@goka/interface'
import type rdkafka from 'node-rdkafka'

/** A client of node-rdkafka of either kind. */
export type AnyClient = rdkafka.Client<rdkafka.KafkaClientEvents>

/** Hands librdkafka's own log lines on. Its severities are syslog's: 3 and below are errors, 4 warnings. */
export function forwardLog(client: AnyClient, log: Logger): void {
  client.on('event.log', (line: { severity: number; fac: string; message: string }) => {
    const facts = { facility: line.fac }
    // Settings for consumers given to producers, and the reverse: they come from one list for all clients.
    if (line.severity <= 4 && line.fac !== 'CONFWARN') log.warn(facts, line.message)
    else log.debug(facts, line.message)
  })
}

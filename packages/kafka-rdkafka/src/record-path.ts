import type { Clock, TransportCapabilities } from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import type { AdminExtension } from './admin-extension.ts'
import type { Connection } from './client/connection.ts'
import type { Settings } from './client-config.ts'
import type { OffsetCommitter } from './consume/offset-committer.ts'
import type { SendOffsets } from './offset-sending.ts'
import type { RecordSink } from './record-sink.ts'
import type { RecordSource, RecordSourceOptions } from './record-source.ts'

/** How records, and what node-rdkafka does not offer, get from and to librdkafka: natively or by node-rdkafka alone. */
export interface RecordPath {
  readonly capabilities: TransportCapabilities
  /** What the clients must be told for this path. */
  readonly consumerSettings: Settings
  readonly producerSettings: Settings
  source(
    connection: Connection<rdkafka.KafkaConsumer>,
    clock: Clock,
    options: RecordSourceOptions,
  ): RecordSource
  sink(connection: Connection<rdkafka.Producer>, clock: Clock): RecordSink
  committer(
    connection: Connection<rdkafka.KafkaConsumer>,
    clock: Clock,
    source: RecordSource,
  ): OffsetCommitter
  readonly sendOffsets: SendOffsets
  adminExtension(connection: Connection<rdkafka.KafkaConsumer>): AdminExtension | undefined
}

export type { RdkafkaOptions, SaslOptions, TlsOptions } from './rdkafka-options.ts'
export { rdkafka } from './rdkafka-transport.ts'

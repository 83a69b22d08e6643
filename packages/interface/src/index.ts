export type { Admin, NewTopic, TopicDescription } from './admin.ts'
export type { ByteString } from './byte-string.ts'
export type { Clock, Timer } from './clock.ts'
export type { Codec } from './codec.ts'
export type {
  ErrorCode,
  ErrorDetails,
  RecordDetails,
  StoreDetails,
  TransportDetails,
} from './errors.ts'
export { GokaError, isGokaError } from './errors.ts'
export type { GroupConsumer, GroupConsumerOptions, RebalanceListener } from './group-consumer.ts'
export type { Header, Headers } from './headers.ts'
export type { Logger, LogMethod } from './logger.ts'
export { headersByteLength, readHeaders, writeHeaders } from './packed-headers.ts'
export type { PartitionReader, PartitionReaderOptions } from './partition-reader.ts'
export { ProduceBatch } from './produce-batch.ts'
export type { Producer, ProducerOptions, SendReport, TransactionalProducer } from './producer.ts'
export { RecordBatch, RecordBatchBuilder } from './record-batch.ts'
export { silentLogger } from './silent-logger.ts'
export type {
  Awaitable,
  Checkpoint,
  Entry,
  KeyRange,
  Storage,
  StorageCapabilities,
  StorageContext,
  Store,
  StoreBatch,
  StoreIterator,
  StoreName,
} from './storage.ts'
export { systemClock } from './system-clock.ts'
export type { TopicPartition, TopicPartitionOffset } from './topic-partition.ts'
export type { ClientContext, Transport, TransportCapabilities } from './transport.ts'

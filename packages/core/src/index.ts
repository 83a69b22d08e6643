export type { BackoffOptions } from './backoff.ts'
export type { EmittedRecord, Emitter, EmitterOptions } from './emitter.ts'
export { Goka, type GokaOptions, type ViewOptions } from './goka.ts'
export type {
  Context,
  EmitContext,
  EmitOptions,
  JoinContext,
  LookupContext,
  LoopContext,
  RecordContext,
  StateContext,
} from './graph/context.ts'
export type { ErrorPolicy, InputOptions } from './graph/edges.ts'
export { type Callback, defineGroup, type Group, type ValueInputOptions } from './graph/group.ts'
export type { EmptyShape, Shape, With } from './graph/shape.ts'
export { type Stream, stream, type Table, table, type ValueOf } from './graph/stream.ts'
export type { StateReader } from './observable-state.ts'
export { fnv1a, murmur2, type Partitioner } from './partitioner.ts'
export type { PartitionState } from './processor/holding.ts'
export type { Processor } from './processor/processor.ts'
export type {
  Around,
  ProcessorListener,
  ProcessorOptions,
  RestartOptions,
  TopicOptions,
} from './processor/processor-options.ts'
export type { ProcessorState } from './processor/processor-state.ts'
export type {
  InputReport,
  LifecycleEvent,
  PartitionReport,
  ProcessorReport,
} from './processor/processor-statistics.ts'
export type { RecoveryProgress } from './processor/recovery.ts'
export type { TableReport } from './processor/table-report.ts'
export type { TableUpdate } from './table/partition-table.ts'
export type { TableCopyState } from './table/table-copy.ts'
export type { ViewRange } from './view/key-range.ts'
export type { View } from './view/view.ts'

export { type EmbeddedBroker, embeddedBroker } from './broker.ts'
export type { Fault, Faults, FaultTarget, Operation } from './faults.ts'
export type { EmbeddedBrokerOptions } from './options.ts'
export {
  immediateScheduler,
  type Scheduler,
  type SeededScheduler,
  type SeededSchedulerOptions,
  seededScheduler,
} from './scheduler.ts'
export { type EmbeddedTransport, embedded } from './transport.ts'

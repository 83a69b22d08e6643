import { type Clock, GokaError } from '@goka/interface'
import { immediateScheduler, type Scheduler } from './scheduler.ts'

/** How an embedded broker works. Each has a default. */
export interface EmbeddedBrokerOptions {
  /**
   * A folder in which the broker keeps topics, records and group offsets; made when it is missing. One broker at a time
   * uses a folder. What was acknowledged survives the end of the process by any signal, but not the loss of power.
   * Default: everything is in memory and gone with the broker.
   */
  readonly path?: string
  /**
   * How a group passes on partitions. `'incremental'`: only those that move are revoked; `'eager'`: each change of the
   * group revokes everything from everybody. Default `'incremental'`.
   */
  readonly rebalance?: 'incremental' | 'eager'
  /** A member that cannot be reached for this long loses its place. Default 45000, as Kafka's `session.timeout.ms`. */
  readonly sessionTimeoutMs?: number
  /**
   * A member that does not poll, or does not give up partitions, for this long loses its place. Default 300000, as
   * Kafka's `max.poll.interval.ms`.
   */
  readonly maxPollIntervalMs?: number
  /** A transaction that is open for this long is aborted. Default 60000, as Kafka's `transaction.timeout.ms`. */
  readonly transactionTimeoutMs?: number
  /** About how many bytes one poll returns at most; one record is always returned. Default 1048576. */
  readonly fetchMaxBytes?: number
  /** Time of the broker: for sessions, transactions and retention. Default: the clock of its first client. */
  readonly clock?: Clock
  /** Decides the order of everything that happens in the broker. Default {@link immediateScheduler}. */
  readonly scheduler?: Scheduler
}

/** {@link EmbeddedBrokerOptions} with the defaults filled in. */
export interface BrokerSettings {
  readonly path: string | undefined
  readonly rebalance: 'incremental' | 'eager'
  readonly sessionTimeoutMs: number
  readonly maxPollIntervalMs: number
  readonly transactionTimeoutMs: number
  readonly fetchMaxBytes: number
  readonly clock: Clock | undefined
  readonly scheduler: Scheduler
}

/** @throws GokaError `GOKA_OPTION_INVALID` */
export function brokerSettings(options: EmbeddedBrokerOptions): BrokerSettings {
  const { path, clock, rebalance = 'incremental' } = options
  if (path !== undefined && (typeof path !== 'string' || path === '')) {
    throw invalid('path', 'the name of a folder', path)
  }
  if (!['incremental', 'eager'].includes(rebalance)) {
    throw invalid('rebalance', "'incremental' or 'eager'", rebalance)
  }
  return {
    path,
    rebalance,
    sessionTimeoutMs: positive(options, 'sessionTimeoutMs', 45_000),
    maxPollIntervalMs: positive(options, 'maxPollIntervalMs', 300_000),
    transactionTimeoutMs: positive(options, 'transactionTimeoutMs', 60_000),
    fetchMaxBytes: positive(options, 'fetchMaxBytes', 1_048_576),
    clock,
    scheduler: options.scheduler ?? immediateScheduler(),
  }
}

type NumberOption = {
  [Name in keyof EmbeddedBrokerOptions]-?: NonNullable<EmbeddedBrokerOptions[Name]> extends number
    ? Name
    : never
}[keyof EmbeddedBrokerOptions]

function positive(options: EmbeddedBrokerOptions, option: NumberOption, byDefault: number): number {
  const value = options[option] ?? byDefault
  if (!Number.isSafeInteger(value) || value <= 0) {
    throw invalid(option, 'a positive integer', value)
  }
  return value
}

/** An option is not as it has to be. */
export function invalid(option: string, expected: string, value: unknown): GokaError {
  const received = typeof value === 'string' ? `'${value}'` : String(value)
  return new GokaError(
    'GOKA_OPTION_INVALID',
    `option ${option} of the embedded broker must be ${expected}, not ${received}`,
    { option, expected, received },
  )
}

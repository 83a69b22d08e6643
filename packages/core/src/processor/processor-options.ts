import type { Headers } from '@goka/interface'
import type { BackoffOptions } from '../backoff.ts'
import type { RecordContext } from '../graph/context.ts'
import type { ErrorPolicy } from '../graph/edges.ts'
import { checkErrorPolicy } from '../graph/group.ts'
import {
  checkDuration,
  checkFlag,
  checkFunction,
  checkInteger,
  checkKnown,
  checkText,
  checkWord,
} from '../options.ts'
import type { TableUpdate } from '../table/partition-table.ts'
import type { RecoveryProgress } from './recovery.ts'

/** How a processor's topics are made and checked. */
export interface TopicOptions {
  /** Whether the group's own topics (table, loop) are created when they are missing. Default true. */
  readonly create?: boolean
  /**
   * Replication of the group's own topics: they are made with it, and must not have less. Default: the broker's
   * `default.replication.factor`, and any.
   */
  readonly replicationFactor?: number
  /** Configuration of the table topic, besides `cleanup.policy=compact`: it is made with it, or compared with it. */
  readonly tableConfig?: Readonly<Record<string, string>>
  /** Configuration of the loop topic, besides `cleanup.policy=delete`: it is made with it, or compared with it. */
  readonly loopConfig?: Readonly<Record<string, string>>
  /**
   * What to do when the configuration or replication of a topic is not as it should be. Default `'fail'`. A wrong number of partitions
   * always fails.
   */
  readonly mismatch?: 'fail' | 'warn' | 'ignore'
}

/** When faults of the broker are ridden out by starting again. */
export interface RestartOptions extends BackoffOptions {
  /**
   * After how many milliseconds without success `run` rejects with the fault: counted from the first fault, or from the
   * loss of the last broker, until it runs again and is connected. Default: never.
   */
  readonly giveUpAfterMs?: number
}

/** What a processor may set. */
export interface ProcessorOptions {
  /**
   * `'at-least-once'` (default): nothing is lost; after a crash some records may be processed again.
   * `'exactly-once'`: outputs, table and offsets are one transaction.
   */
  readonly guarantee?: 'at-least-once' | 'exactly-once'
  /** Time between commits, milliseconds. Default 100. */
  readonly commitIntervalMs?: number
  /**
   * How many bytes of keys, values and outputs may wait for a commit before one starts early; at twice as many no more records
   * are started. Default 32 MiB.
   */
  readonly maxUncommittedBytes?: number
  /**
   * How many bytes of records may wait for their callbacks before partitions are paused. As many again, and a poll for each
   * partition, may wait while some are. Default 32 MiB.
   */
  readonly maxQueuedBytes?: number
  /** How many bytes the values in use may take, over all partitions, roughly. Default 64 MiB. */
  readonly cacheBytes?: number
  /** How many different keys of a partition may be in asynchronous callbacks at a time. Default 1: strictly one by one. */
  readonly concurrency?: number
  /** What to do with a record whose callback or codec throws. Default `'fail'`. */
  readonly onError?: ErrorPolicy
  /** Whether a record's partition is compared with its key's; the first of each batch for `'warn'`. Default `'warn'`. */
  readonly partitionCheck?: 'fail' | 'warn' | 'off'
  /** How long callbacks may go on when the processor stops or a partition is revoked, milliseconds. Default 10,000. */
  readonly drainTimeoutMs?: number
  /** Kafka's `group.instance.id`. Default: none. */
  readonly instanceId?: string
  /**
   * `'all'`: every instance keeps the tables of all partitions up to date, to take any of them over at once. Default
   * `'none'`.
   */
  readonly standby?: 'none' | 'all'
  /** Whether the tables of all partitions are recovered before the group is joined. Default false. */
  readonly recoverAhead?: boolean
  /** Told what happens to partitions. Default: nobody. */
  readonly listener?: ProcessorListener
  /** Headers of every record that callbacks emit or loop back, before its own. Default: none. */
  readonly headers?: Headers
  /** Called around each callback, visitors' too: for tracing, measuring, logging. */
  readonly around?: Around
  /** When faults are ridden out by starting again. Default: always. */
  readonly restart?: RestartOptions
  /** How topics are made and checked. */
  readonly topics?: TopicOptions
}

/** Calls `next`, the callback itself, and returns or awaits what it returns. What it throws counts as the callback's. */
export type Around = (
  context: RecordContext,
  next: () => void | Promise<void>,
) => void | Promise<void>

/**
 * Told what happens to a processor's partitions. Each is called after the fact, at once, and must return soon; one that
 * throws is logged.
 */
export interface ProcessorListener {
  /** These are here: each until it is told to be revoked or lost. */
  readonly assigned?: (partitions: readonly number[]) => void
  /** These go to another instance, or the processor stops. What was done is committed. */
  readonly revoked?: (partitions: readonly number[]) => void
  /**
   * These were taken away, or a fault ended the processor or makes it start again: what was not committed is void here, and
   * is done again where they are next.
   */
  readonly lost?: (partitions: readonly number[]) => void
  /** These are recovered and being processed. */
  readonly running?: (partitions: readonly number[]) => void
  /** About once a second for each table that is being recovered, and when it is done. */
  readonly recovering?: (progress: RecoveryProgress) => void
  /** Each record of the group's table (in a recovery) and of joined tables once it is in the local store. */
  readonly updated?: (update: TableUpdate) => void
}

/** {@link ProcessorOptions} with the defaults. */
export interface ProcessorSettings {
  readonly guarantee: 'at-least-once' | 'exactly-once'
  readonly commitIntervalMs: number
  readonly maxUncommittedBytes: number
  readonly maxQueuedBytes: number
  readonly cacheBytes: number
  readonly concurrency: number
  readonly onError: ErrorPolicy
  readonly partitionCheck: 'fail' | 'warn' | 'off'
  readonly drainTimeoutMs: number
  readonly instanceId: string | undefined
  readonly standby: 'none' | 'all'
  readonly recoverAhead: boolean
  readonly listener: ProcessorListener
  readonly headers: Headers
  readonly around: Around | undefined
  readonly restart: BackoffOptions & { readonly giveUpAfterMs: number }
  readonly topics: Required<Omit<TopicOptions, 'replicationFactor'>> & {
    readonly replicationFactor: number | undefined
  }
}

const MIB = 1024 * 1024

/** Checks options and fills in the defaults. */
export function processorSettings(options: ProcessorOptions): ProcessorSettings {
  checkKnown('options', options, [
    'guarantee',
    'commitIntervalMs',
    'maxUncommittedBytes',
    'maxQueuedBytes',
    'cacheBytes',
    'concurrency',
    'onError',
    'partitionCheck',
    'drainTimeoutMs',
    'instanceId',
    'standby',
    'recoverAhead',
    'listener',
    'headers',
    'around',
    'restart',
    'topics',
  ])
  const { topics = {}, onError = 'fail', listener = {} } = options
  checkKnown('listener', listener, [
    'assigned',
    'revoked',
    'lost',
    'running',
    'recovering',
    'updated',
  ])
  checkKnown('topics', topics, [
    'create',
    'replicationFactor',
    'tableConfig',
    'loopConfig',
    'mismatch',
  ])
  checkErrorPolicy('onError', onError)
  return {
    guarantee: checkWord('guarantee', options.guarantee, 'at-least-once', [
      'at-least-once',
      'exactly-once',
    ]),
    commitIntervalMs: checkDuration('commitIntervalMs', options.commitIntervalMs, 100),
    maxUncommittedBytes: checkInteger(
      'maxUncommittedBytes',
      options.maxUncommittedBytes,
      32 * MIB,
      1,
    ),
    maxQueuedBytes: checkInteger('maxQueuedBytes', options.maxQueuedBytes, 32 * MIB, 1),
    cacheBytes: checkInteger('cacheBytes', options.cacheBytes, 64 * MIB, 0),
    concurrency: checkInteger('concurrency', options.concurrency, 1, 1, 100_000),
    onError,
    partitionCheck: checkWord('partitionCheck', options.partitionCheck, 'warn', [
      'fail',
      'warn',
      'off',
    ]),
    drainTimeoutMs: checkDuration('drainTimeoutMs', options.drainTimeoutMs, 10_000),
    instanceId: checkText('instanceId', options.instanceId, undefined),
    standby: checkWord('standby', options.standby, 'none', ['none', 'all']),
    recoverAhead: checkFlag('recoverAhead', options.recoverAhead, false),
    listener,
    headers: options.headers ?? [],
    around: options.around === undefined ? undefined : checkFunction('around', options.around),
    restart: restartSettings(options.restart),
    topics: {
      create: checkFlag('topics.create', topics.create, true),
      replicationFactor:
        topics.replicationFactor === undefined
          ? undefined
          : checkInteger('topics.replicationFactor', topics.replicationFactor, 1, 1, 32_767),
      tableConfig: topics.tableConfig ?? {},
      loopConfig: topics.loopConfig ?? {},
      mismatch: checkWord('topics.mismatch', topics.mismatch, 'fail', ['fail', 'warn', 'ignore']),
    },
  }
}

/** Checks {@link RestartOptions} and fills in the defaults. */
export function restartSettings(restart: RestartOptions = {}): ProcessorSettings['restart'] {
  checkKnown('restart', restart, ['initialMs', 'maxMs', 'giveUpAfterMs'])
  return {
    initialMs: checkDuration('restart.initialMs', restart.initialMs, 100, 1),
    maxMs: checkDuration('restart.maxMs', restart.maxMs, 10_000, 1),
    giveUpAfterMs: checkDuration(
      'restart.giveUpAfterMs',
      restart.giveUpAfterMs,
      Number.POSITIVE_INFINITY,
    ),
  }
}

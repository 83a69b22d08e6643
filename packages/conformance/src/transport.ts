import type { Awaitable, Transport } from '@goka/interface'
import type { KnownFailure, SuiteOptions, TestRunner } from './runner.ts'
import { defineSuite } from './suite.ts'
import { adminTests } from './transport/admin.ts'
import { closeTests } from './transport/close.ts'
import { commitTests } from './transport/commit.ts'
import { groupTests } from './transport/group.ts'
import { groupOffsetTests } from './transport/group-offsets.ts'
import { producerTests } from './transport/producer.ts'
import { readerPollTests } from './transport/reader-polls.ts'
import { readerPositionTests } from './transport/reader-positions.ts'
import { rebalanceTests } from './transport/rebalance.ts'
import { recordTests } from './transport/records.ts'
import { transactionTests } from './transport/transactions.ts'
import { type CreateTransport, runTransportCase } from './transport/transport-case.ts'
import { unreachableTests } from './transport/unreachable.ts'

export type { CreateTransport, KnownFailure, SuiteOptions, TestRunner }

export interface TransportSuiteOptions extends SuiteOptions {
  readonly createTransport: CreateTransport
  /**
   * Makes a transport whose brokers do not answer, where an adapter reaches its brokers over a network.
   * Default: none, and `GOKA_TRANSPORT_UNREACHABLE` is not tested.
   */
  readonly createUnreachable?: () => Awaitable<Transport>
  /** How long a test waits for a condition to come true. Default 30000. */
  readonly deadlineMs?: number
}

/** What a rebalance may take on a busy machine, the slowest of all that is waited for. */
const DEADLINE_MS = 30_000

/**
 * Tests that a transport keeps the contract of `Transport` and of its clients. Which side of a capability is tested,
 * `transport.capabilities` says. Names of topics and groups are random, so that a cluster can be used again; topics are
 * deleted in the end.
 *
 * ```ts
 * testTransport({
 *   runner: { describe, it },
 *   createTransport: () => rdkafka({ brokers: ['localhost:9092'] }),
 *   createUnreachable: () => rdkafka({ brokers: ['localhost:1'] }),
 * })
 * ```
 */
export function testTransport(options: TransportSuiteOptions): void {
  const { createTransport, createUnreachable, deadlineMs = DEADLINE_MS } = options
  const chapters = {
    admin: adminTests,
    'group offsets': groupOffsetTests,
    records: recordTests,
    producer: producerTests,
    'positions of a partition reader': readerPositionTests,
    'polls of a partition reader': readerPollTests,
    'group consumer': groupTests,
    commit: commitTests,
    rebalance: rebalanceTests,
    transactions: transactionTests,
    close: closeTests,
    ...(createUnreachable && { 'without a broker': unreachableTests(createUnreachable) }),
  }
  // A test is given up after four deadlines, and so is the closing of its clients.
  defineSuite('transport', chapters, options, 9 * deadlineMs, (body) =>
    runTransportCase(createTransport, body, deadlineMs),
  )
}

import { setTimeout as wait } from 'node:timers/promises'
import { type ClientContext, GokaError, type Transport } from '@goka/interface'

/** What becomes of making a client when no broker answers. */
export type Answer = (context: ClientContext) => Promise<never>

/** As the contract says. */
export const refusing: Answer = async ({ connectTimeoutMs }) => {
  await wait(connectTimeoutMs)
  throw unreachable(connectTimeoutMs)
}

/** By defect. */
export const wronglyUnreachable: Readonly<Record<string, Answer>> = {
  'waits without end': () => new Promise(() => {}),
  'tells another time': async () => {
    throw unreachable(1)
  },
  'has no code': async () => {
    throw new Error('no broker answered')
  },
  'has another code': async () => {
    throw new GokaError('GOKA_TRANSPORT_FAILED', 'no broker answered', {
      operation: 'connect',
      retriable: true,
      reason: 'ERR__TRANSPORT',
    })
  },
  'makes a client': async () => ({ close: async () => {} }) as never,
}

export function unreachableTransport(answer: Answer): Transport {
  return {
    name: 'unreachable',
    capabilities: {
      nativeBatches: false,
      topicConfig: false,
      groupOffsets: false,
      deleteRecords: false,
      binaryHeaders: false,
      emptyKeys: false,
    },
    admin: answer,
    producer: (_options, context) => answer(context),
    transactionalProducer: (_options, context) => answer(context),
    groupConsumer: (_options, context) => answer(context),
    partitionReader: (_options, context) => answer(context),
  }
}

function unreachable(timeoutMs: number): GokaError {
  const details = { brokers: 'localhost:1', timeoutMs }
  return new GokaError('GOKA_TRANSPORT_UNREACHABLE', 'no broker answered', details)
}

import assert from 'node:assert/strict'
import type { Awaitable, ClientContext, Transport } from '@goka/interface'
import { expectCode } from '../expect-code.ts'
import { within } from './deadline.ts'
import { contextOf, type TransportTests } from './transport-case.ts'

const CONNECT_TIMEOUT_MS = 500

const listener = {
  assigned: async () => [],
  revoked: async () => {},
  lost: async () => {},
}

/** Tests of a transport whose brokers do not answer. */
export function unreachableTests(createUnreachable: () => Awaitable<Transport>): TransportTests {
  const refuses = async (
    make: (transport: Transport, context: ClientContext) => Promise<unknown>,
  ): Promise<void> => {
    const context = contextOf('conformance-unreachable', CONNECT_TIMEOUT_MS)
    const client = make(await createUnreachable(), context)
    const refusal = within(client, 'the refusal', CONNECT_TIMEOUT_MS + 5000)
    const error = await expectCode('GOKA_TRANSPORT_UNREACHABLE', () => refusal)
    assert.equal(error.details.timeoutMs, CONNECT_TIMEOUT_MS)
  }
  const isolation = 'read_committed' as const
  return {
    'an admin says that no broker answers': () =>
      refuses((transport, context) => transport.admin(context)),

    'a producer says that no broker answers': () =>
      refuses((transport, context) => transport.producer({}, context)),

    'a transactional producer says that no broker answers': () =>
      refuses((transport, context) =>
        transport.transactionalProducer({ transactionalId: 'conformance' }, context),
      ),

    'a member of a group says that no broker answers': () =>
      refuses((transport, context) => {
        const options = { group: 'conformance', topics: ['a'], isolation, listener }
        return transport.groupConsumer(options, context)
      }),

    'a reader says that no broker answers': () =>
      refuses((transport, context) => transport.partitionReader({ isolation }, context)),
  }
}

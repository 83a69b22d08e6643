import { testTransport } from '@goka/conformance/transport'
import { sharedBroker } from '@goka/kafka-broker'
import { describe, expect, it } from '@jest/globals'
import { type RdkafkaOptions, rdkafka } from '../../src/index.ts'

const consumerProtocolFailures = [
  {
    test: 'a member whose instance id is taken over is fenced',
    reason: 'with KIP-848 the broker refuses the newcomer (UNRELEASED_INSTANCE_ID) instead',
  },
]

/** The contract of transports, tried on a real broker. */
export function testOnBroker(
  options: Required<Pick<RdkafkaOptions, 'nativeFastPath' | 'groupProtocol'>>,
): void {
  const create = () => rdkafka({ brokers: sharedBroker().split(','), ...options })

  it('takes the path that is tested', () => {
    expect(create().capabilities.nativeBatches).toBe(options.nativeFastPath)
  })

  testTransport({
    runner: { describe, it },
    createTransport: create,
    // Nobody listens there.
    createUnreachable: () => rdkafka({ brokers: ['127.0.0.1:1'], ...options }),
    knownFailures: options.groupProtocol === 'consumer' ? consumerProtocolFailures : [],
  })
}

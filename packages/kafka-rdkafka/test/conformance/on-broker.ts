import { testTransport } from '@goka/conformance/transport'
import { sharedBroker } from '@goka/kafka-broker'
import { describe, expect, it } from '@jest/globals'
import { type RdkafkaOptions, rdkafka } from '../../src/index.ts'

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
  })
}

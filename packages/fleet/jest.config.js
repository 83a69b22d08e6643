import { baseConfig } from '../../config/jest.js'

export default {
  ...baseConfig,
  globalSetup: '@goka/kafka-broker/jest-setup',
  globalTeardown: '@goka/kafka-broker/jest-teardown',
  // Tests start processes, which take their time on a busy machine.
  testTimeout: 60_000,
}

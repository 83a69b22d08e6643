import { baseConfig } from '../../config/jest.js'

export default {
  ...baseConfig,
  globalSetup: '@goka/kafka-broker/jest-setup',
  globalTeardown: '@goka/kafka-broker/jest-teardown',
  testTimeout: 120_000,
}

import { baseConfig } from '../../config/jest.js'

export default {
  ...baseConfig,
  globalSetup: '@goka/kafka-broker/jest-setup',
  globalTeardown: '@goka/kafka-broker/jest-teardown',
  testTimeout: 60_000,
  // Two files at a time: tests wait more than they compute, and each has topics, groups or brokers of its own.
  maxWorkers: 2,
  testSequencer: '<rootDir>/longest-first.js',
}

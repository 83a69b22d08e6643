import { baseConfig } from '../../config/jest.js'

// A broker takes two to five seconds to start, on a busy machine more.
export default {
  ...baseConfig,
  globalSetup: '<rootDir>/bin/jest-fetch.js',
  testTimeout: 60_000,
}

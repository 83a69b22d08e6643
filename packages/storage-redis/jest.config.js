import { baseConfig } from '../../config/jest.js'

// Tests start a Redis of their own, which takes its time on a busy machine.
export default { ...baseConfig, testTimeout: 60_000 }

import { baseConfig } from '../../config/jest.js'

// A broker takes two to five seconds to start, on a busy machine more.
export default { ...baseConfig, testTimeout: 60_000 }

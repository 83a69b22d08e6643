export { baseConfig as default } from '../../config/jest.js'

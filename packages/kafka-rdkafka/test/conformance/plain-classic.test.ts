import { testOnBroker } from './on-broker.ts'

testOnBroker({ nativeFastPath: false, groupProtocol: 'classic' })

import { testOnBroker } from './on-broker.ts'

testOnBroker({ nativeFastPath: true, groupProtocol: 'classic' })

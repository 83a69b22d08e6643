import { stopSharedBroker } from './shared-broker.ts'

// Jest calls the default export of a global tear-down.
export default async function teardown(): Promise<void> {
  await stopSharedBroker()
}

import { startSharedBroker } from './shared-broker.ts'

// Jest calls the default export of a global set-up.
export default async function setup(): Promise<void> {
  await startSharedBroker()
}

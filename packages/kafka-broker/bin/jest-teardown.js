/** `globalTeardown` of Jest, the counterpart of jest-setup. */
export default async function teardown() {
  const { stopSharedBroker } = await import('../dist/shared-broker.js')
  await stopSharedBroker()
}

import { compile } from './compile.js'

/** `globalSetup` of Jest: one broker for the whole run, in `KAFKA_BROKERS`. */
export default async function setup() {
  compile()
  const { startSharedBroker } = await import('../dist/shared-broker.js')
  await startSharedBroker()
}

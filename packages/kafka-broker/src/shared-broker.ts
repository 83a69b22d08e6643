import { GokaError } from '@goka/interface'
import { type Broker, startBroker } from './broker.ts'
import type {} from './errors.ts'

const variable = 'KAFKA_BROKERS'

/** Jest's set-up and tear-down are called apart from each other, in one process. */
let running: Broker | undefined

/**
 * The brokers of this test run: what `KAFKA_BROKERS` said from outside, or the one broker that the global set-up
 * `@goka/kafka-broker/jest-setup` has started for all tests.
 * @throws GokaError `KAFKA_BROKER_NOT_SHARED` without either, so that a test without its broker fails
 */
export function sharedBroker(env: NodeJS.ProcessEnv = process.env): string {
  const brokers = env[variable]
  if (brokers !== undefined && brokers !== '') return brokers
  throw new GokaError(
    'KAFKA_BROKER_NOT_SHARED',
    `${variable} is not set: name @goka/kafka-broker/jest-setup as globalSetup and /jest-teardown as globalTeardown in jest.config.js`,
    { variable },
  )
}

/** Starts the broker of a test run and names it in the environment, unless one is named there. */
export async function startSharedBroker(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const given = env[variable]
  if (given !== undefined && given !== '') return
  running = await startBroker()
  env[variable] = running.brokers
}

/** Stops the broker that {@link startSharedBroker} has started, if it has. */
export async function stopSharedBroker(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  if (running === undefined) return
  const broker = running
  running = undefined
  Reflect.deleteProperty(env, variable)
  await broker.stop()
}

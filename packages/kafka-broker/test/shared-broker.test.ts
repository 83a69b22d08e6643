import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { isFree } from '../src/free-port.ts'
import { sharedBroker, startSharedBroker, stopSharedBroker } from '../src/shared-broker.ts'

const jest = join(
  dirname(createRequire(import.meta.url).resolve('jest/package.json')),
  'bin',
  'jest.js',
)
const fixture = fileURLToPath(new URL('fixtures/shared-run', import.meta.url))

describe('the shared broker', () => {
  it('is the one from outside if there is one, and none is started', async () => {
    const env = { KAFKA_BROKERS: 'kafka.example:9092' }
    await startSharedBroker(env)
    expect(sharedBroker(env)).toBe('kafka.example:9092')
    await stopSharedBroker(env)
    expect(env).toEqual({ KAFKA_BROKERS: 'kafka.example:9092' })
  })

  it('is an error, not a skipped test, when nobody has set it up', () => {
    expect(() => sharedBroker({})).toThrow(
      expect.objectContaining({ code: 'KAFKA_BROKER_NOT_SHARED' }),
    )
    expect(() => sharedBroker({ KAFKA_BROKERS: '' })).toThrow('globalSetup')
  })

  it('is started once for all files of a Jest run and stopped after them', async () => {
    const brokers = await jestRun({ KAFKA_BROKERS: '' })
    expect(brokers).toHaveLength(2)
    expect(brokers[0]).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(brokers[1]).toBe(brokers[0])
    expect(await isFree(Number(brokers[0]?.split(':')[1]))).toBe(true)
  })

  it('is the one from outside in a Jest run too', async () => {
    const brokers = await jestRun({ KAFKA_BROKERS: 'kafka.example:9092' })
    expect(brokers).toEqual(['kafka.example:9092', 'kafka.example:9092'])
  })
})

/** What the test files of a run of their own found in `KAFKA_BROKERS`. */
async function jestRun(env: NodeJS.ProcessEnv): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [jest, '--json'], {
    cwd: fixture,
    env: { ...process.env, NODE_OPTIONS: '--experimental-vm-modules', ...env },
  })
  const { testResults } = JSON.parse(stdout) as {
    testResults: { assertionResults: { title: string }[] }[]
  }
  return testResults.flatMap(({ assertionResults }) => assertionResults.map(({ title }) => title))
}

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Broker } from '../src/broker.ts'
import { type Cluster, startCluster } from '../src/cluster.ts'
import { handshake } from '../src/handshake.ts'
import { until } from './process.ts'

describe('a cluster of three brokers', () => {
  let cluster: Cluster
  let ports: readonly number[]
  const brokersSeenBy = async (port: number): Promise<readonly number[]> =>
    [...(await handshake(port, 1_000)).brokerPorts].sort()

  beforeAll(async () => {
    cluster = await startCluster()
    ports = cluster.brokers.split(',').map((address) => Number(address.split(':')[1]))
  })
  afterAll(() => cluster.stop())

  it('is one cluster, and each broker knows the others', async () => {
    expect(new Set(ports).size).toBe(3)
    await until(async () => {
      for (const port of ports) expect(await brokersSeenBy(port)).toEqual([...ports].sort())
      return true
    })
    const ids = await Promise.all(
      ports.map(async (port) => (await handshake(port, 1_000)).clusterId),
    )
    expect(new Set(ids).size).toBe(1)
  })

  it.each([
    { kind: 'group', how: 'ends', end: (broker: Broker) => broker.end() },
    { kind: 'transaction', how: 'is killed', end: killed },
  ] as const)(
    'has another coordinator of a $kind when the one that was $how, and takes it back',
    async ({ kind, end }) => {
      const first = await cluster.coordinator(kind, 'some-id')
      await cluster.inSync()
      await end(first)
      await until(async () => (await cluster.coordinator(kind, 'some-id')) !== first)
      await first.restart()
      await cluster.inSync()
    },
  )

  it('refuses a number of brokers that is none', async () => {
    await expect(startCluster({ brokers: 0 })).rejects.toMatchObject({
      code: 'GOKA_OPTION_INVALID',
      details: { option: 'brokers' },
    })
  })
})

async function killed(broker: Broker): Promise<void> {
  broker.kill('SIGKILL')
  await broker.exited
}

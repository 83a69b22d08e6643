import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { ProduceBatch } from '@goka/interface'
import { type Broker, startBroker } from '@goka/kafka-broker'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type RdkafkaOptions, rdkafka } from '../../src/index.ts'
import { clientContext } from '../client-context.ts'

const limitMs = 60_000
const users = { admin: 'admin-password', guest: 'guest-password' }

describe.each([
  ['by node-rdkafka alone', false],
  ['natively', true],
])('a broker that wants to know who comes, %s', (_, nativeFastPath) => {
  let broker: Broker
  let brokers: string[]

  beforeAll(async () => {
    const known = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`)
    const [open, controller, guarded] = await freePorts()
    brokers = [`127.0.0.1:${guarded}`]
    broker = await startBroker({
      port: open,
      config: {
        listeners: `CLIENT://127.0.0.1:${open},CONTROLLER://127.0.0.1:${controller},GUARDED://${brokers[0]}`,
        'advertised.listeners': `CLIENT://127.0.0.1:${open},GUARDED://${brokers[0]}`,
        'controller.quorum.voters': `1@127.0.0.1:${controller}`,
        'listener.security.protocol.map':
          'CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT,GUARDED:SASL_PLAINTEXT',
        'sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.guarded.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${known.join(' ')};`,
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:admin;User:ANONYMOUS',
      },
    })
  }, limitMs)

  afterAll(async () => {
    await broker.stop()
  }, limitMs)

  const as = (username: string, password: string): RdkafkaOptions => ({
    brokers,
    nativeFastPath,
    sasl: { mechanism: 'PLAIN', username, password },
  })

  it(
    'lets in who knows the password',
    async () => {
      const admin = await rdkafka(as('admin', users.admin)).admin(clientContext('admin'))
      await admin.createTopic({ topic: 'private', partitions: 1 })
      expect((await admin.topics(['private'])).size).toBe(1)
      await admin.close()
    },
    limitMs,
  )

  it(
    'refuses a wrong password at once, and the error does not show it',
    async () => {
      const transport = rdkafka(as('admin', 'guessed-password'))
      const context = clientContext('intruder')
      const start = performance.now()
      const attempts = await Promise.allSettled([
        transport.admin(context),
        transport.producer({}, context),
        transport.partitionReader({ isolation: 'read_committed' }, context),
      ])
      for (const attempt of attempts) {
        expect(attempt).toMatchObject({
          status: 'rejected',
          reason: { code: 'GOKA_TRANSPORT_UNAUTHORIZED' },
        })
        expect(shown((attempt as PromiseRejectedResult).reason)).not.toContain('guessed-password')
      }
      expect(performance.now() - start).toBeLessThan(context.connectTimeoutMs)
    },
    limitMs,
  )

  it(
    'refuses what a user may not do, and hides what a user may not see',
    async () => {
      const transport = rdkafka(as('guest', users.guest))
      const admin = await transport.admin(clientContext('guest'))
      await expect(admin.createTopic({ topic: 'own', partitions: 1 })).rejects.toMatchObject({
        code: 'GOKA_TRANSPORT_UNAUTHORIZED',
      })
      await admin.close()
      const producer = await transport.producer({}, clientContext('guest'))
      const batch = new ProduceBatch()
      batch.add(batch.topicIndex('private'), 0, 'key', Buffer.from('value'), NaN, undefined)
      await expect(producer.send(batch)).rejects.toMatchObject({
        code: 'GOKA_TOPIC_UNKNOWN',
      })
      await producer.close()
    },
    limitMs,
  )
})

/** Ports that were free a moment ago. */
async function freePorts(): Promise<[number, number, number]> {
  const servers = [createServer(), createServer(), createServer()]
  const ports: number[] = []
  for (const server of servers) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    ports.push((server.address() as AddressInfo).port)
  }
  for (const server of servers) {
    server.close()
    await once(server, 'close')
  }
  return ports as [number, number, number]
}

function shown(error: unknown): string {
  const { message, stack, cause, details } = error as Error & { details: unknown }
  return [message, stack, JSON.stringify(cause), String(cause), JSON.stringify(details)].join()
}

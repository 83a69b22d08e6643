import { describe, expect, it } from '@jest/globals'
import type rdkafka from 'node-rdkafka'
import { Asking } from '../../src/client/asking.ts'
import { Lifetime } from '../../src/client/lifetime.ts'
import { TopicLookup } from '../../src/client/topic-lookup.ts'
import { clientContext } from '../client-context.ts'

/** A client whose brokers do not know the topic for some questions. */
function lookup(brokers: number, unknownFor: number) {
  const { clock } = clientContext('topic-lookup')
  const found = [
    { id: 0, leader: 1, replicas: [1, 2, 3] },
    { id: 1, leader: 2, replicas: [2, 3] },
  ]
  let asked = 0
  const client = {
    getMetadata: (_: unknown, done: (error: null, metadata: object) => void) => {
      const partitions = asked++ < unknownFor ? [] : found
      done(null, { brokers: Array(brokers).fill({}), topics: [{ name: 'orders', partitions }] })
    },
  }
  const asking = new Asking(clock, new Lifetime('admin'))
  const made = new TopicLookup(client as unknown as rdkafka.KafkaConsumer, asking)
  return { facts: () => made.facts('orders'), asked: () => asked }
}

describe('the lookup of a topic', () => {
  it('finds one that a part of the cluster has not heard of yet', async () => {
    const { facts } = lookup(3, 2)
    expect(await facts()).toEqual({ partitions: 2, ready: true, replicationFactor: 2 })
  })

  it('finds nothing where no broker of the cluster hears of it', async () => {
    const { facts, asked } = lookup(3, 100)
    expect(await facts()).toBeUndefined()
    expect(asked()).toBeGreaterThan(5)
  })

  it('believes a broker that is the only one', async () => {
    const { facts, asked } = lookup(1, 100)
    expect(await facts()).toBeUndefined()
    expect(asked()).toBe(1)
  })
})

import { randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import { type Broker, sharedBroker, startBroker } from '@goka/kafka-broker'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { keys } from '../src/counts.ts'
import { eventually } from '../src/eventually.ts'
import { KafkaCluster, type MemberProcess } from '../src/kafka-cluster.ts'

/** The whole of an end in order, on a machine that is busy. */
const PROMPT_MS = 5_000

/** Ten seconds in which callbacks and a last commit may end, ten in which clients may close, and some for a busy machine. */
const BOUNDED_MS = 30_000

describe('ctrl-c', () => {
  let cluster: KafkaCluster
  let group: string
  let input: string
  const spawn = (guarantee: 'at-least-once' | 'exactly-once' = 'at-least-once'): MemberProcess =>
    cluster.spawnProcessor({ group, input, place: 'one', processor: { guarantee } })
  beforeEach(async () => {
    cluster = await KafkaCluster.make(sharedBroker())
    group = `counter-${randomUUID()}`
    input = `${group}-input`
    await cluster.createTopic(input, 4)
  })
  afterEach(() => cluster.close())

  it.each(['starting', 'running'])('ends a processor that is %s', async (state) => {
    const member = spawn()
    await member.state(state)
    await member.stop(PROMPT_MS)
  })

  it.each(['partitions assigned', 'the partition is recovered', 'partitions running'])(
    'ends a processor that has just logged "%s"',
    async (text) => {
      const member = spawn()
      await member.logged(text)
      await member.stop(PROMPT_MS)
    },
  )

  it.each(['at-least-once', 'exactly-once'] as const)(
    'commits what was done, %s',
    async (guarantee) => {
      const member = spawn(guarantee)
      await member.state('running')
      await cluster.emit(input, keys)
      await eventually(async () =>
        expect((await member.report()).commits.records).toBeGreaterThan(0),
      )
      await member.stop(PROMPT_MS)
      const next = spawn(guarantee)
      await next.state('running')
      const view = await cluster.startView(group)
      await eventually(async () => {
        const found = await view.entries()
        expect(found).toHaveLength(keys.length)
        expect(new Set(found.map(([, count]) => count))).toEqual(new Set(['1']))
      })
      await next.stop(PROMPT_MS)
    },
  )

  it.each(['connecting', 'recovering', 'running'])('ends a view that is %s', async (state) => {
    const member = spawn()
    await member.state('running')
    const view = cluster.spawnView(group)
    await view.state(state)
    await view.stop(PROMPT_MS)
  })

  it.each(['emitting', 'emitted'])('ends an emitter that is %s', async (state) => {
    const emitter = cluster.spawnEmitter(input)
    await emitter.state(state)
    await emitter.stop(PROMPT_MS)
  })
})

describe('ctrl-c while nobody listens at the address of the broker', () => {
  let cluster: KafkaCluster
  beforeEach(async () => {
    cluster = await KafkaCluster.make(`127.0.0.1:${await closedPort()}`, 1_000)
  })
  afterEach(() => cluster.close())

  it.each(['starting', 'restarting'])('ends a processor that is %s', async (state) => {
    const member = cluster.spawnProcessor({
      group: 'some-group',
      input: 'some-input',
      place: 'one',
      processor: {},
    })
    await member.state(state)
    await member.stop(PROMPT_MS)
  })

  it('ends a view', async () => {
    const view = cluster.spawnView('some-group')
    await view.state('connecting')
    await view.stop(PROMPT_MS)
  })

  it('ends an emitter', async () => {
    const emitter = cluster.spawnEmitter('some-topic')
    await emitter.state('emitting')
    await emitter.stop(PROMPT_MS)
  })
})

describe.each([
  { what: 'hangs', signal: 'SIGSTOP' },
  { what: 'was killed', signal: 'SIGKILL' },
] as const)('ctrl-c after the broker $what', ({ signal }) => {
  let broker: Broker
  let cluster: KafkaCluster
  let group: string
  let input: string
  // One for each: what a broker does after it was frozen for long is not what is tested.
  beforeEach(async () => {
    broker = await startBroker()
    cluster = await KafkaCluster.make(broker.brokers)
    group = `counter-${randomUUID()}`
    input = `${group}-input`
    await cluster.createTopic(input, 4)
  })
  afterEach(async () => {
    await cluster.close()
    await broker.stop()
  })

  it.each(['at-least-once', 'exactly-once'] as const)(
    'ends a processor with records under way, %s',
    async (guarantee) => {
      const processor = { guarantee, commitIntervalMs: 0 }
      const member = await cluster.startProcessor({ group, input, place: 'one', processor })
      const emitter = cluster.spawnEmitter(input)
      await eventually(async () => {
        expect((await member.report()).commits.records).toBeGreaterThan(3)
      })
      broker.kill(signal)
      await member.stop(BOUNDED_MS)
      await emitter.stop(BOUNDED_MS)
    },
  )

  it('ends a view', async () => {
    const member = await cluster.startProcessor({ group, input, place: 'one', processor: {} })
    const view = cluster.spawnView(group)
    await view.state('running')
    broker.kill(signal)
    await view.stop(BOUNDED_MS)
    await member.stop(BOUNDED_MS)
  })
})

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

import { int64, string } from '@goka/codecs'
import { defineGroup, stream, table } from '@goka/core'
import type { Admin, ClientContext, GokaError } from '@goka/interface'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { inTime, rejection } from '../waiting.ts'

const input = stream('input', string)
const group = defineGroup('group')
  .persist(int64)
  .loop(string, () => {})
  .input(input, () => {})

describe('the topics of a group', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('input', 3)
  })
  afterEach(() => cluster.close())

  it('that are its own are made: with the partitions of the inputs, one compacted and one not', async () => {
    await cluster.started(group, 3, {
      topics: {
        tableConfig: { 'segment.ms': '1000' },
        loopConfig: { 'retention.ms': '2000' },
      },
    })
    const admin = await cluster.admin()
    const topics = await admin.topics(['group-table', 'group-loop'])
    expect(topics.get('group-table')?.partitions).toBe(3)
    expect(topics.get('group-loop')?.partitions).toBe(3)
    expect(await admin.topicConfig('group-table')).toMatchObject({
      'cleanup.policy': 'compact',
      'segment.ms': '1000',
    })
    expect(await admin.topicConfig('group-loop')).toMatchObject({
      'cleanup.policy': 'delete',
      'retention.ms': '2000',
    })
  })

  it('are not made when that is not wished', async () => {
    const { run } = cluster.start(group, { topics: { create: false } })
    expect(await rejection(run)).toMatchObject({
      code: 'GOKA_TOPIC_UNKNOWN',
      details: { topic: 'group-table' },
    })
  })

  it('may be made by two instances at once', async () => {
    for (let round = 0; round < 5; round++) {
      const many = defineGroup(`many-${round}`)
        .persist(int64)
        .loop(string, () => {})
        .input(input, () => {})
      const started = [1, 2, 3].map(() => cluster.start(many))
      await Promise.all(
        started.map(({ runner, run }) =>
          inTime(Promise.race([runner.state.until('running'), run]), 'the start'),
        ),
      )
      await Promise.all(started.map(({ runner }) => runner.stop()))
    }
  })

  it.each([
    ['table', 'group-table'],
    ['loop', 'group-loop'],
  ])('that are there must have the partitions of the inputs: the %s', async (_what, topic) => {
    await cluster.createTopic(
      topic,
      2,
      topic === 'group-table' ? { 'cleanup.policy': 'compact' } : {},
    )
    expect(await rejection(cluster.start(group).run)).toMatchObject({
      code: 'GOKA_TOPIC_MISMATCH',
      details: { topic, property: 'partitions', expected: '3', found: '2' },
    })
  })

  it('that are read must have the same number of partitions: inputs and joins', async () => {
    await cluster.createTopic('narrow', 2)
    await cluster.createTable('narrow-table', 2)
    const mismatch = (topic: string) => ({
      code: 'GOKA_TOPIC_MISMATCH',
      details: { topic, property: 'partitions', expected: '3', found: '2' },
    })
    const two = defineGroup('two').inputs([input, stream('narrow', string)], () => {})
    expect(await rejection(cluster.start(two).run)).toMatchObject(mismatch('narrow'))
    const joining = defineGroup('joining')
      .join(table('narrow-table', string))
      .input(input, () => {})
    expect(await rejection(cluster.start(joining).run)).toMatchObject(mismatch('narrow-table'))
  })

  it('that are looked up may have any number of partitions', async () => {
    await cluster.createTable('narrow-table', 2)
    const looking = defineGroup('looking')
      .lookup(table('narrow-table', string))
      .input(input, () => {})
    await cluster.started(looking, 3)
  })

  it.each(['group-table', 'joined'])('that are tables must be compacted: %s', async (topic) => {
    await cluster.createTopic(topic, 3, { 'cleanup.policy': 'delete' })
    if (topic !== 'joined') await cluster.createTable('joined', 3)
    const joining = defineGroup('group')
      .persist(int64)
      .join(table('joined', string))
      .input(input, () => {})
    expect(await rejection(cluster.start(joining).run)).toMatchObject({
      code: 'GOKA_TOPIC_MISMATCH',
      details: { topic, property: 'cleanup.policy', expected: 'compact', found: 'delete' },
    })
  })

  it('that are not compacted are only told about, or not even that, if that is wished', async () => {
    await cluster.createTopic('group-table', 3, { 'cleanup.policy': 'delete' })
    const { runner } = await cluster.started(group, 3, { topics: { mismatch: 'ignore' } })
    expect(cluster.log.find('warn', 'not as it should be')).toEqual([])
    await runner.stop()
    await cluster.started(group, 3, { topics: { mismatch: 'warn' } })
    expect(cluster.log.find('warn', 'not as it should be')[0]?.facts).toMatchObject({
      topic: 'group-table',
      err: { code: 'GOKA_TOPIC_MISMATCH' },
    })
  })

  it('may be compacted and cleaned by age, too', async () => {
    await cluster.createTopic('group-table', 3, { 'cleanup.policy': 'compact,delete' })
    await cluster.started(group, 3)
  })

  it.each([
    ['group-table', 'segment.ms', { tableConfig: { 'segment.ms': '1000' } }],
    ['group-loop', 'retention.ms', { loopConfig: { 'retention.ms': '1000' } }],
  ])(
    'that are its own must have the configuration that is wished: %s',
    async (topic, property, topics) => {
      await cluster.createTopic(topic, 3, {
        'cleanup.policy': topic === 'group-table' ? 'compact' : 'delete',
        [property]: '2000',
      })
      expect(await rejection(cluster.start(group, { topics }).run)).toMatchObject({
        code: 'GOKA_TOPIC_MISMATCH',
        details: { topic, property, expected: '1000', found: '2000' },
      })
      const { runner } = await cluster.started(group, 3, {
        topics: { ...topics, mismatch: 'warn' },
      })
      expect(cluster.log.find('warn', 'not as it should be')).toHaveLength(1)
      await runner.stop()
      await cluster.started(group, 3, { topics: { ...topics, mismatch: 'ignore' } })
      expect(cluster.log.find('warn', 'not as it should be')).toHaveLength(1)
    },
  )

  /** A Goka whose transport tells how many replicas topics have. */
  const replicated = (replicationFactor: number) => {
    const { transport } = cluster
    const admin = async (context: ClientContext): Promise<Admin> => {
      const made = await transport.admin(context)
      const topics = async (names: readonly string[]) => {
        const found = await made.topics(names)
        return new Map([...found].map(([name, one]) => [name, { ...one, replicationFactor }]))
      }
      return withMethod(made, 'topics', topics)
    }
    return cluster.goka({ transport: withMethod(transport, 'admin', admin) })
  }

  it.each(['group-table', 'group-loop'])(
    'that are its own must have the replicas that are wished: %s',
    async (topic) => {
      await cluster.createTopic(topic, 3, {
        'cleanup.policy': topic === 'group-table' ? 'compact' : 'delete',
      })
      const topics = { replicationFactor: 3 }
      const { run } = cluster.start(group, { topics }, replicated(2))
      const error = await rejection(run)
      expect(error).toMatchObject({
        code: 'GOKA_TOPIC_MISMATCH',
        details: { topic, property: 'replication.factor', expected: '3', found: '2' },
      })
      expect((error as GokaError).message).toMatch(
        new RegExp(
          `"${topic}" has a replication factor of 2 and not 3, .* kafka-reassign-partitions`,
        ),
      )
    },
  )

  it('that are its own and have fewer replicas are only told about, or not even that, if that is wished', async () => {
    const first = await cluster.started(group, 3)
    await first.runner.stop()
    const topics = { replicationFactor: 3 }
    const ignoring = { topics: { ...topics, mismatch: 'ignore' } } as const
    const { runner } = await cluster.started(group, 3, ignoring, replicated(2))
    expect(cluster.log.find('warn', 'not as it should be')).toEqual([])
    await runner.stop()
    const warning = { topics: { ...topics, mismatch: 'warn' } } as const
    const warned = await cluster.started(group, 3, warning, replicated(2))
    const told = cluster.log.find('warn', 'not as it should be').map(({ facts }) => facts)
    expect(told).toMatchObject([{ topic: 'group-table' }, { topic: 'group-loop' }])
    await warned.runner.stop()
  })

  it('that are its own may have more replicas than are wished, and any when none are', async () => {
    const first = await cluster.started(group, 3)
    await first.runner.stop()
    const more = { topics: { replicationFactor: 2 } }
    const { runner } = await cluster.started(group, 3, more, replicated(3))
    await runner.stop()
    await cluster.started(group, 3, {}, replicated(1))
  })

  it('that were made with the configuration that is wished are as they should be', async () => {
    const topics = { tableConfig: { 'segment.ms': '1000' }, loopConfig: { 'retention.ms': '2000' } }
    const { runner } = await cluster.started(group, 3, { topics })
    await runner.stop()
    await cluster.started(group, 3, { topics })
  })
})

/** The same but for one method. */
function withMethod<T extends object, Name extends keyof T>(
  whole: T,
  name: Name,
  method: T[Name],
): T {
  return new Proxy(whole, {
    get: (target, asked): unknown => {
      if (asked === name) return method
      const value: unknown = Reflect.get(target, asked)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

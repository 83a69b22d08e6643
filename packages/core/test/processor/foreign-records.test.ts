import { int64, string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { ProduceBatch, type Transport } from '@goka/interface'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { eventually } from '../waiting.ts'

const counter = defineGroup('group')
  .persist(int64)
  .input(stream('input', string), (ctx) => {
    ctx.setValue((ctx.value() ?? 0n) + 1n)
  })

describe('a table that is written in transactions', () => {
  let cluster: Cluster
  // How often somebody looked what is in a topic.
  let readers = 0
  beforeEach(async () => {
    cluster = new Cluster()
    readers = 0
    await cluster.createTopic('input', 1)
  })
  afterEach(() => cluster.close())

  async function start() {
    const { transport } = cluster
    const counting: Transport = {
      name: transport.name,
      capabilities: transport.capabilities,
      admin: (context) => transport.admin(context),
      producer: (options, context) => transport.producer(options, context),
      groupConsumer: (options, context) => transport.groupConsumer(options, context),
      transactionalProducer: (options, context) =>
        transport.transactionalProducer(options, context),
      partitionReader: (options, context) => {
        readers++
        return transport.partitionReader(options, context)
      },
    }
    const goka = cluster.goka({ transport: counting })
    const options = { guarantee: 'exactly-once', restart: { initialMs: 1 } } as const
    return (await cluster.started(counter, 1, options, goka)).runner
  }
  let counts = 0
  const count = async () => {
    counts++
    await cluster.produce('input', [{ key: 'a', value: 'v' }])
    await eventually(async () => (await cluster.table('group-table'))['a'] === `${counts}`)
  }
  beforeEach(() => {
    counts = 0
  })

  /** Writes a record to the table in a transaction of somebody else. */
  async function writeElsewhere(key: string, end: 'commit' | 'abort'): Promise<void> {
    const context = cluster.context('other')
    const consumer = await cluster.transport.groupConsumer(
      {
        group: 'other',
        topics: ['input'],
        isolation: 'read_committed',
        listener: {
          assigned: async (partitions) => partitions.map((one) => ({ ...one, offset: 0 })),
          revoked: async () => {},
          lost: async () => {},
        },
      },
      context,
    )
    const producer = await cluster.transport.transactionalProducer(
      { transactionalId: 'other' },
      context,
    )
    await producer.begin()
    const batch = new ProduceBatch()
    batch.add(batch.topicIndex('group-table'), 0, key, Buffer.from('7'), Number.NaN, undefined)
    await producer.send(batch)
    if (end === 'abort') await producer.abort()
    else await producer.commit(consumer, [])
    await producer.close()
    await consumer.close()
  }

  it('is not read while nobody else writes to it', async () => {
    const runner = await start()
    const before = readers
    for (let time = 0; time < 5; time++) await count()
    expect(readers).toBe(before)
    expect(runner.report().restarts).toBe(0)
  })

  it('goes on when what somebody else wrote was aborted', async () => {
    const runner = await start()
    await count()
    const before = readers
    await writeElsewhere('b', 'abort')
    await count()
    expect(readers).toBe(before + 1)
    await count()
    expect(readers).toBe(before + 1)
    expect(runner.report().restarts).toBe(0)
  })

  it.each([0, 1])(
    'is read anew when somebody else wrote to it, after %d commits',
    async (commits) => {
      const runner = await start()
      for (let time = 0; time < commits; time++) await count()
      await writeElsewhere('b', 'commit')
      await count()
      await eventually(() => runner.report().restarts === 1 && runner.partitions.length === 1)
      expect(await runner.get('b')).toBe(7n)
      await count()
      expect(runner.report().restarts).toBe(1)
    },
  )
})

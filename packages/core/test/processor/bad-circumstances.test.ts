import { int64, string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { GokaError, type Storage } from '@goka/interface'
import { memory } from '@goka/storage-memory'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { ManualClock } from '../manual-clock.ts'
import { eventually, rejection } from '../waiting.ts'

const input = stream('input', string)
const counter = defineGroup('group')
  .persist(int64)
  .input(input, (ctx) => {
    ctx.setValue((ctx.value() ?? 0n) + 1n)
  })

describe.each(['at-least-once', 'exactly-once'] as const)('a processor, %s', (guarantee) => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic('input', 1)
  })
  afterEach(() => cluster.close())

  const one = { key: 'a', value: 'v' }
  const counted = async (count: number): Promise<void> => {
    await eventually(async () => (await cluster.table('group-table'))['a'] === `${count}`)
  }

  it('tells which topic has other partitions when one of its inputs gains some, and loses nothing', async () => {
    const { run } = await cluster.started(counter, 1, { guarantee })
    await cluster.produce('input', [one])
    await counted(1)
    const admin = await cluster.admin()
    await admin.createPartitions('input', 2)
    expect(await rejection(run)).toMatchObject({
      code: 'GOKA_TOPIC_MISMATCH',
      details: { topic: 'group-table', property: 'partitions', expected: '2', found: '1' },
    })
    expect(await cluster.committed('group')).toEqual({ 'input/0': 1 })
  })

  it('takes new partitions of its input when it has no table', async () => {
    const seen: string[] = []
    const group = defineGroup('stateless').input(input, (ctx, message) => {
      seen.push(`${ctx.partition}:${message}`)
    })
    await cluster.started(group, 1, { guarantee })
    await (await cluster.admin()).createPartitions('input', 2)
    await cluster.produce('input', [
      { ...one, partition: 0 },
      { ...one, partition: 1 },
    ])
    await eventually(() => seen.includes('0:v') && seen.includes('1:v'))
  })

  it('says that its table is gone when the topic is deleted, and starts from nothing when it is made anew', async () => {
    const storage = memory()
    const first = await cluster.started(counter, 1, { guarantee }, cluster.goka({ storage }))
    await cluster.produce('input', [one])
    await counted(1)
    const admin = await cluster.admin()
    await admin.deleteTopic('group-table')
    await cluster.produce('input', [one])
    expect(await rejection(first.run)).toMatchObject({ code: 'GOKA_TOPIC_UNKNOWN' })
    // The record whose write did not succeed is processed again, on the new table.
    await cluster.started(counter, 1, { guarantee }, cluster.goka({ storage }))
    await counted(1)
    await eventually(async () => (await cluster.committed('group'))['input/0'] === 2)
  })

  it('notices at its next write that its table was made anew, and begins with the empty table', async () => {
    const { runner } = await cluster.started(counter, 1, { guarantee, restart: { initialMs: 1 } })
    await cluster.produce('input', [one, one, one])
    await counted(3)
    const admin = await cluster.admin()
    await admin.deleteTopic('group-table')
    await cluster.createTable('group-table', 1)
    await cluster.produce('input', [one])
    await eventually(() => runner.report().restarts === 1 && runner.partitions.length === 1)
    await eventually(async () => (await cluster.committed('group'))['input/0'] === 4)
    // What Kafka has is what counts, and the store agrees with it. Nothing of a transaction that failed is there.
    const inKafka = (await cluster.table('group-table'))['a'] ?? ''
    expect(await runner.get('a')).toBe(BigInt(inKafka))
    if (guarantee === 'exactly-once') expect(inKafka).toBe('1')
  })

  it('reads its table anew when somebody else has written to it', async () => {
    const { runner } = await cluster.started(counter, 1, { guarantee, restart: { initialMs: 1 } })
    await cluster.produce('input', [one])
    await counted(1)
    await cluster.produce('group-table', [{ key: 'b', value: '7' }])
    await cluster.produce('input', [one])
    await eventually(() => runner.report().restarts === 1 && runner.partitions.length === 1)
    expect(await runner.get('b')).toBe(7n)
    await counted(2)
  })

  it('is not disturbed by a clock that jumps', async () => {
    const clock = new ManualClock()
    const jumpy = new Cluster({}, clock)
    await jumpy.createTopic('input', 1)
    const { runner, run } = jumpy.start(counter, { guarantee })
    await eventually(() => {
      clock.advance(10)
      return runner.partitions.length === 1
    })
    for (const jumpMs of [86_400_000 * 400, 1]) {
      await jumpy.produce('input', [one])
      clock.advance(jumpMs)
    }
    await eventually(async () => {
      clock.advance(10)
      return (await jumpy.table('group-table'))['a'] === '2'
    })
    const stopped = runner.stop()
    await eventually(() => {
      clock.advance(10)
      return runner.state.current === 'stopped'
    })
    await Promise.all([stopped, run])
    await jumpy.close()
  })

  it('ends with the code of a full disk, and has everything when there is room again', async () => {
    const { storage, disk } = fillable(memory())
    const first = await cluster.started(counter, 1, { guarantee }, cluster.goka({ storage }))
    await cluster.produce('input', [one])
    await counted(1)
    disk.isFull = true
    await cluster.produce('input', [one])
    expect(await rejection(first.run)).toMatchObject({ code: 'GOKA_STORAGE_UNAVAILABLE' })
    disk.isFull = false
    const second = await cluster.started(counter, 1, { guarantee }, cluster.goka({ storage }))
    await cluster.produce('input', [one])
    await eventually(async () => (await second.runner.get('a')) === 3n)
  })

  it('ends with the code of damage that shows in a read, and loses nothing', async () => {
    const { storage, disk } = fillable(memory())
    disk.isDamaged = true
    const first = await cluster.started(counter, 1, { guarantee }, cluster.goka({ storage }))
    await cluster.produce('input', [one])
    expect(await rejection(first.run)).toMatchObject({ code: 'GOKA_STORAGE_CORRUPTED' })
    await cluster.started(counter, 1, { guarantee })
    await counted(1)
  })

  it('reads a damaged store anew', async () => {
    await cluster.started(counter, 1, { guarantee }).then(async ({ runner }) => {
      await cluster.produce('input', [one])
      await counted(1)
      await runner.stop()
    })
    const { storage, dropped } = damaged(memory())
    const { runner } = await cluster.started(counter, 1, { guarantee }, cluster.goka({ storage }))
    await eventually(async () => (await runner.get('a')) === 1n)
    expect(dropped).toEqual(['group-table/0'])
    expect(cluster.log.lines.map(({ message }) => message)).toContain(
      'the local store is damaged: it is dropped and read anew',
    )
  })
})

// A storage on a disk that can be full, or damaged.
function fillable(inner: Storage): {
  readonly storage: Storage
  readonly disk: { isFull: boolean; isDamaged: boolean }
} {
  const disk = { isFull: false, isDamaged: false }
  const storage: Storage = {
    ...inner,
    name: inner.name,
    capabilities: inner.capabilities,
    drop: (name) => inner.drop(name),
    open: async (name, context) => {
      const store = await inner.open(name, context)
      const { topic, partition } = name
      const failed = (
        code: 'GOKA_STORAGE_UNAVAILABLE' | 'GOKA_STORAGE_CORRUPTED',
        message: string,
      ): GokaError => new GokaError(code, message, { storage: 'test', topic, partition, path: '' })
      return {
        get checkpoint() {
          return store.checkpoint
        },
        getMany: (keys) => {
          if (disk.isDamaged) throw failed('GOKA_STORAGE_CORRUPTED', 'a block is damaged')
          return store.getMany(keys)
        },
        iterate: (range) => store.iterate(range),
        close: () => store.close(),
        write: async (batch) => {
          if (disk.isFull) throw failed('GOKA_STORAGE_UNAVAILABLE', 'no space left')
          await store.write(batch)
        },
      }
    },
  }
  return { storage, disk }
}

// A storage whose stores cannot be opened before they are dropped.
function damaged(inner: Storage): { readonly storage: Storage; readonly dropped: string[] } {
  const dropped: string[] = []
  const storage: Storage = {
    name: inner.name,
    capabilities: inner.capabilities,
    drop: async (name) => {
      dropped.push(`${name.topic}/${name.partition}`)
      await inner.drop(name)
    },
    open: async (name, context) => {
      const { topic, partition } = name
      if (!dropped.includes(`${topic}/${partition}`)) {
        throw new GokaError('GOKA_STORAGE_CORRUPTED', 'a block is damaged', {
          storage: 'test',
          topic,
          partition,
          path: '',
        })
      }
      return await inner.open(name, context)
    },
  }
  return { storage, dropped }
}

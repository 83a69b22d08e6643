import { integer, string } from '@goka/codecs'
import { defineGroup, Goka, type Processor, stream } from '@goka/core'
import { embedded } from '@goka/kafka-embedded'
import { redis } from '@goka/storage-redis'
import { describe, expect, it } from '@jest/globals'
import { RedisServer } from './redis-server.ts'
import { recordingLog, until } from './store-case.ts'

const PARTITIONS = 4
const KEYS = Array.from({ length: 20 }, (_, index) => `user-${index}`)

const clicks = stream('clicks', string)
const counter = defineGroup('counter')
  .persist(integer)
  .input(clicks, (ctx) => {
    ctx.setValue((ctx.value() ?? 0) + 1)
  })

/** A counter group on a broker in the process, its tables in one Redis. */
async function cluster(server: RedisServer) {
  const transport = embedded()
  const { log, lines } = recordingLog()
  // Each with a storage of its own, as in processes of their own.
  const instance = () =>
    new Goka({ transport, log, storage: redis({ url: server.url, lockTimeoutMs: 1000 }) })
  const goka = instance()
  const admin = await goka.admin()
  await admin.createTopic({ topic: clicks.topic, partitions: PARTITIONS })
  await admin.close()
  const view = async (): Promise<(number | undefined)[]> => {
    const plain = new Goka({ transport, log, storage: redis({ url: server.url, prefix: 'view' }) })
    await using counts = plain.view(counter.table)
    await Promise.race([counts.run(), counts.state.until('running')])
    return await Promise.all(KEYS.map((key) => counts.get(key)))
  }
  return {
    instance,
    lines,
    view,
    click: async () => {
      await using emitter = goka.emitter(clicks)
      await Promise.all(KEYS.map((key) => emitter.emit(key, 'click')))
    },
    close: () => transport.broker.close(),
  }
}

/** Waits until processors have all partitions, and have processed so many clicks of each key. */
async function processed(clicksOfEach: number, ...processors: Processor<number>[]): Promise<void> {
  await until(async () => {
    const partitions = processors.flatMap((processor) => processor.report().partitions)
    const positions = partitions.map(({ inputs }) => inputs[0]?.position ?? 0)
    const sum = positions.reduce((total, position) => total + position, 0)
    return partitions.length === PARTITIONS && sum === clicksOfEach * KEYS.length
  }, `the end of round ${clicksOfEach}`)
}

const recordsRead = (processor: Processor<number>): number =>
  processor
    .report()
    .partitions.flatMap(({ tables }) => tables)
    .reduce((sum, table) => sum + table.recordsRead, 0)

describe.each(['at-least-once', 'exactly-once'] as const)('a group, %s', (guarantee) => {
  it('hands tables over through Redis, without reading them again', async () => {
    await using server = await RedisServer.start()
    const { instance, click, view, lines, close } = await cluster(server)
    await click()
    const first = instance().processor(counter, { guarantee })
    const firstRun = first.run()
    await processed(1, first)
    // The second takes over half of what the first has, with another storage of the same prefix.
    const second = instance().processor(counter, { guarantee })
    const secondRun = second.run()
    await until(async () => second.report().partitions.length === PARTITIONS / 2, 'a rebalance')
    await click()
    await processed(2, first, second)
    expect(recordsRead(second)).toBe(0)
    await first.stop()
    await firstRun
    await processed(2, second)
    await click()
    await processed(3, second)
    expect(recordsRead(second)).toBe(0)
    await second.stop()
    await secondRun
    expect(await view()).toEqual(KEYS.map(() => 3))
    expect(lines.filter((line) => line.includes('dropped'))).toEqual([])
    await close()
  })
})

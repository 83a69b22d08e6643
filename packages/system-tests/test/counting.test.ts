import { randomUUID } from 'node:crypto'
import type { ProcessorOptions } from '@goka/core'
import { sharedBroker } from '@goka/kafka-broker'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Cluster, Member } from '../src/cluster.ts'
import { counts, keys } from '../src/counts.ts'
import { EmbeddedCluster } from '../src/embedded-cluster.ts'
import { eventually } from '../src/eventually.ts'
import { KafkaCluster } from '../src/kafka-cluster.ts'

const clusters = [
  { where: 'on Kafka, in processes', make: () => KafkaCluster.make(sharedBroker()) },
  { where: 'on the embedded broker, in one process', make: async () => new EmbeddedCluster() },
]
const guarantees = ['at-least-once', 'exactly-once'] as const
const cases = clusters.flatMap((cluster) =>
  guarantees.map((guarantee) => ({ ...cluster, guarantee })),
)

describe.each(cases)('a counting group $where, $guarantee', ({ make, guarantee }) => {
  const processor: ProcessorOptions = { guarantee }
  let cluster: Cluster
  let group: string
  let input: string
  beforeEach(async () => {
    cluster = await make()
    group = `counter-${randomUUID()}`
    input = `${group}-input`
    await cluster.createTopic(input, 4)
  })
  afterEach(() => cluster.close())

  it('goes on with its counts after a restart, without reading its table again', async () => {
    for (let round = 1; round <= 3; round++) {
      await cluster.emit(input, keys)
      const member = await cluster.startProcessor({ group, input, place: 'one', processor })
      const view = await cluster.startView(group)
      await eventually(async () => expect(await view.entries()).toEqual(counts(round)))
      const { partitions } = await member.report()
      expect(partitions.map(({ state }) => state)).toEqual(Array(4).fill('running'))
      for (const { tables } of partitions) {
        expect(tables).toEqual([expect.objectContaining({ role: 'table', recordsRead: 0 })])
      }
      await member.stop()
      await view.stop()
    }
  })

  it('reads its table from the changelog where it has no store', async () => {
    await cluster.emit(input, keys)
    const one = await cluster.startProcessor({ group, input, place: 'one', processor })
    const view = await cluster.startView(group)
    await eventually(async () => expect(await view.entries()).toEqual(counts(1)))
    await one.stop()
    const other = await cluster.startProcessor({ group, input, place: 'other', processor })
    await cluster.emit(input, keys)
    await eventually(async () => expect(await view.entries()).toEqual(counts(2)))
    const { partitions } = await other.report()
    const read = partitions.flatMap(({ tables }) => tables.map(({ recordsRead }) => recordsRead))
    expect(read.reduce((sum, each) => sum + each, 0)).toBe(keys.length)
    await other.stop()
    await view.stop()
  })

  it('shares its partitions, and goes on with the state of a member that stops', async () => {
    const one = await cluster.startProcessor({ group, input, place: 'one', processor })
    await eventually(async () => expect(await runningPartitions(one)).toHaveLength(4))
    await cluster.emit(input, keys)
    const two = await cluster.startProcessor({ group, input, place: 'two', processor })
    await eventually(async () => {
      expect(await runningPartitions(one)).toHaveLength(2)
      expect(await runningPartitions(two)).toHaveLength(2)
    })
    await cluster.emit(input, keys)
    const view = await cluster.startView(group)
    await eventually(async () => expect(await view.entries()).toEqual(counts(2)))
    await one.stop()
    await eventually(async () => expect(await runningPartitions(two)).toHaveLength(4))
    await cluster.emit(input, keys)
    await eventually(async () => expect(await view.entries()).toEqual(counts(3)))
    await two.stop()
    await view.stop()
  })

  it('is seen whole by a view that is started late and by one that was there before', async () => {
    const member = await cluster.startProcessor({ group, input, place: 'one', processor })
    await eventually(async () => expect(await runningPartitions(member)).toHaveLength(4))
    const early = await cluster.startView(group)
    expect(await early.entries()).toEqual([])
    await cluster.emit(input, keys)
    await eventually(async () => expect(await early.entries()).toEqual(counts(1)))
    await member.stop()
    const late = await cluster.startView(group)
    expect(await late.entries()).toEqual(counts(1))
    await early.stop()
    await late.stop()
  })
})

async function runningPartitions(member: Member): Promise<readonly number[]> {
  const { partitions } = await member.report()
  return partitions.filter(({ state }) => state === 'running').map(({ partition }) => partition)
}

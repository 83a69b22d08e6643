import { randomUUID } from 'node:crypto'
import { sharedBroker } from '@goka/kafka-broker'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { TableView } from '../src/cluster.ts'
import { counts, keys } from '../src/counts.ts'
import { eventually } from '../src/eventually.ts'
import { KafkaCluster, type MemberProcess } from '../src/kafka-cluster.ts'

describe.each(['at-least-once', 'exactly-once'] as const)('a killed member, %s', (guarantee) => {
  let cluster: KafkaCluster
  let group: string
  let input: string
  const start = (place: string): Promise<MemberProcess> =>
    cluster.startProcessor({ group, input, place, processor: { guarantee } })
  /** After a kill, at-least-once means that some records may have been counted again. */
  const expectCounts = (
    entries: Awaited<ReturnType<TableView['entries']>>,
    rounds: number,
  ): void => {
    if (guarantee === 'exactly-once') {
      expect(entries).toEqual(counts(rounds))
      return
    }
    expect(entries.map(([key]) => key)).toEqual(counts(rounds).map(([key]) => key))
    const least = Math.min(...entries.map(([, count]) => Number(count)))
    expect(least).toBeGreaterThanOrEqual(rounds)
  }
  beforeEach(async () => {
    cluster = await KafkaCluster.make(sharedBroker())
    group = `counter-${randomUUID()}`
    input = `${group}-input`
    await cluster.createTopic(input, 4)
  })
  afterEach(() => cluster.close())

  it('goes on where it was, from the store that it left', async () => {
    const first = await start('one')
    // Stores are written every tenth commit: what was committed by then is not read again.
    let rounds = 0
    let { commits } = await first.report()
    for (; commits.count < 20; rounds++) {
      await cluster.emit(input, keys)
      await eventually(async () => {
        commits = (await first.report()).commits
        expect(commits.records).toBe((rounds + 1) * keys.length)
      })
    }
    await first.kill()
    const second = await start('one')
    const view = await cluster.startView(group)
    await cluster.emit(input, keys)
    await eventually(async () => expect(await view.entries()).toEqual(counts(rounds + 1)))
    const { partitions } = await second.report()
    const read = partitions.flatMap(({ tables }) => tables.map(({ recordsRead }) => recordsRead))
    expect(read).toHaveLength(4)
    const sum = read.reduce((all, one) => all + one, 0)
    expect(sum).toBeLessThan(commits.tableWrites)
    await second.stop()
    await view.stop()
  })

  it('loses nothing of what came while it was killed and was away', async () => {
    let rounds = 0
    let isKilling = true
    const emitting = (async () => {
      for (; isKilling; rounds++) await cluster.emit(input, keys)
    })()
    for (let kill = 0; kill < 3; kill++) {
      const member = await start('one')
      await eventually(async () => {
        const { commits } = await member.report()
        expect(commits.records).toBeGreaterThan(0)
      })
      await member.kill()
    }
    isKilling = false
    await emitting
    const last = await start('one')
    const view = await cluster.startView(group)
    await eventually(async () => expectCounts(await view.entries(), rounds))
    await last.stop()
    await view.stop()
  })

  it('hands its partitions with their state to another', async () => {
    const one = await start('one')
    const two = await start('two')
    const view = await cluster.startView(group)
    await eventually(async () => {
      expect((await one.report()).partitions.map(({ state }) => state)).toEqual([
        'running',
        'running',
      ])
      expect((await two.report()).partitions.map(({ state }) => state)).toEqual([
        'running',
        'running',
      ])
    })
    await cluster.emit(input, keys)
    await eventually(async () => expect(await view.entries()).toEqual(counts(1)))
    await one.kill()
    await cluster.emit(input, keys)
    await eventually(async () => expectCounts(await view.entries(), 2))
    expect((await two.report()).partitions.map(({ state }) => state)).toEqual(
      Array(4).fill('running'),
    )
    await two.stop()
    await view.stop()
  })
})

import { type Broker, type Cluster, type CoordinatorKind, startCluster } from '@goka/kafka-broker'
import { rdkafka } from '@goka/kafka-rdkafka'
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { clientContext } from '../src/crash/client-context.ts'
import { CrashRun } from '../src/crash/crash-run.ts'
import { Oracle } from '../src/crash/oracle.ts'
import { eventually } from '../src/eventually.ts'
import type { MemberProcess } from '../src/kafka-cluster.ts'

// Three brokers and two members are seven processes with the test, on whatever machine.
jest.setTimeout(120_000)

interface Case {
  readonly guarantee: 'at-least-once' | 'exactly-once'
  readonly kind: CoordinatorKind
  readonly how: 'ends' | 'is killed'
}

const cases: readonly Case[] = [
  { guarantee: 'at-least-once', kind: 'group', how: 'ends' },
  { guarantee: 'exactly-once', kind: 'group', how: 'is killed' },
  { guarantee: 'exactly-once', kind: 'transaction', how: 'is killed' },
  { guarantee: 'exactly-once', kind: 'transaction', how: 'ends' },
]

describe('members on a cluster of three brokers', () => {
  let cluster: Cluster
  let gone: Broker | undefined
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterEach(async () => {
    await gone?.restart()
    gone = undefined
    await cluster.inSync()
  })
  afterAll(() => cluster.stop())

  it.each(cases)(
    'go on without the broker that coordinates their $kind and $how, $guarantee',
    async ({ guarantee, kind, how }) => {
      await using run = await CrashRun.make(cluster.brokers, { guarantee, commitIntervalMs: 20 })
      const { group } = run.topics
      const oracle = new Oracle(
        rdkafka({ brokers: cluster.brokers.split(',') }),
        clientContext,
        run.topics,
      )
      await run.emit(5)
      const [one, two] = [run.start('one'), run.start('two')]
      const members = [one, two]
      await eventually(async () =>
        expect([await one.running(), await two.running()]).toEqual([2, 2]),
      )
      const id = kind === 'group' ? group : await one.ask<string>('transactionalId')
      gone = await cluster.coordinator(kind, id)
      await cluster.inSync()
      let emitting = true
      const load = (async () => {
        while (emitting) await run.emit(1)
      })()
      if (how === 'is killed') gone.kill('SIGKILL')
      else await gone.end()
      await gone.exited
      await eventually(async () => expect(await cluster.coordinator(kind, id)).not.toBe(gone))
      const before = await committed(members)
      await eventually(async () => expect(await committed(members)).toBeGreaterThan(before))
      emitting = false
      await load
      // The brokers that are left do all of it, to the end of the members.
      await eventually(async () => expect(await oracle.isDone()).toBe(true), 60_000)
      for (const member of members) await member.stop()
      await oracle.check(guarantee, [run.pathOf('one'), run.pathOf('two')])
    },
  )
})

async function committed(members: readonly MemberProcess[]): Promise<number> {
  const reports = await Promise.all(members.map((member) => member.report()))
  return reports.reduce((sum, { commits }) => sum + commits.records, 0)
}

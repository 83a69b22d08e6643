import { rdkafka } from '@goka/kafka-rdkafka'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { clientContext } from '../src/crash/client-context.ts'
import { CrashRun } from '../src/crash/crash-run.ts'
import { Oracle } from '../src/crash/oracle.ts'
import { eventually } from '../src/eventually.ts'
import { ProxiedCluster } from '../src/proxied-cluster.ts'

// Three brokers and two members are seven processes with the test, on whatever machine.
jest.setTimeout(120_000)

describe('one of three brokers that a member cannot reach', () => {
  let proxied: ProxiedCluster
  beforeAll(async () => {
    proxied = await ProxiedCluster.start()
  })
  afterAll(() => proxied[Symbol.asyncDispose]())

  it.each(['at-least-once', 'exactly-once'] as const)(
    'gives its partitions to a member that can, until it can be reached, %s',
    async (guarantee) => {
      const { cluster } = proxied
      await using run = await CrashRun.make(cluster.brokers, { guarantee, commitIntervalMs: 20 })
      const oracle = new Oracle(
        rdkafka({ brokers: cluster.brokers.split(',') }),
        clientContext,
        run.topics,
      )
      await run.emit(5)
      const cut = run.start('cut', undefined, proxied.proxied)
      const heir = run.start('heir')
      await eventually(async () =>
        expect([await cut.running(), await heir.running()]).toEqual([2, 2]),
      )
      let emitting = true
      const load = (async () => {
        while (emitting) await run.emit(1)
      })()
      // The member still reaches the others, and partitions and transactions that they lead.
      const proxy = proxied.proxyOf(await cluster.coordinator('group', run.topics.group))
      proxy.sever()
      await eventually(async () => expect(await heir.running()).toBe(4), 60_000)
      await run.emit(2)
      proxy.heal()
      await eventually(
        async () => expect([await cut.running(), await heir.running()]).toEqual([2, 2]),
        60_000,
      )
      emitting = false
      await load
      await eventually(async () => expect(await oracle.isDone()).toBe(true), 60_000)
      for (const member of [cut, heir]) await member.stop()
      await oracle.check(guarantee, [run.pathOf('cut'), run.pathOf('heir')])
    },
  )
})

import { sharedBroker } from '@goka/kafka-broker'
import { rdkafka } from '@goka/kafka-rdkafka'
import { describe, expect, it, jest } from '@jest/globals'
import { clientContext } from '../src/crash/client-context.ts'
import { type CrashStep, crashSteps } from '../src/crash/crash-point.ts'
import { CrashRun } from '../src/crash/crash-run.ts'
import { Oracle } from '../src/crash/oracle.ts'
import { eventually } from '../src/eventually.ts'

interface Case {
  readonly guarantee: 'at-least-once' | 'exactly-once'
  readonly step: CrashStep
  readonly instances: number
}

// Up to four processes, started twice, on whatever machine.
jest.setTimeout(120_000)

const all: Case[] = Object.entries(crashSteps).flatMap(([guarantee, steps]) =>
  steps.flatMap((step) =>
    [1, 2, 3].map((instances) => ({
      guarantee: guarantee as Case['guarantee'],
      step,
      instances,
    })),
  ),
)
// Every step in every run, the numbers of instances in turn; all of them with CRASH_MATRIX=full.
const cases =
  process.env['CRASH_MATRIX'] === 'full'
    ? all
    : all.filter(({ instances }, index) => instances === (Math.floor(index / 3) % 3) + 1)

describe('SIGKILL at a step of the commit', () => {
  it.each(cases)(
    '$guarantee, $step, $instances instances: what is left is what it should be',
    async ({ guarantee, step, instances }) => {
      await using run = await CrashRun.make(sharedBroker(), { guarantee, commitIntervalMs: 20 })
      const transport = rdkafka({ brokers: run.brokers.split(',') })
      const oracle = new Oracle(transport, clientContext, run.topics)
      const places = Array.from({ length: instances }, (_, index) => `member-${index}`)
      await run.emit(5)
      const victim = run.start('member-0', { step, occurrence: 3 })
      const others = places.slice(1).map((place) => run.start(place))
      let emitting = true
      const load = (async () => {
        while (emitting) await run.emit(2)
      })()
      expect((await victim.program.end()).signal).toBe('SIGKILL')
      // It comes back to the store that it left, while the group is rebalanced around it.
      const members = [run.start('member-0'), ...others]
      await members[0]?.state('running')
      await eventually(async () => {
        const running = await Promise.all(
          members.map(async (member) => (await member.report()).partitions),
        )
        expect(running.flat().filter(({ state }) => state === 'running')).toHaveLength(4)
      })
      emitting = false
      await load
      await eventually(async () => expect(await oracle.isDone()).toBe(true))
      for (const member of members) await member.stop()
      await oracle.check(
        guarantee,
        places.map((place) => run.pathOf(place)),
      )
      await eventually(async () => expect(await run.openTransactions()).toEqual([]))
    },
  )
})

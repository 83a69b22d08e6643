import type { RebalanceListener, TopicPartition } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { faultCodes, faultOf } from '../../src/client-fault.ts'
import { PartitionFlow } from '../../src/consume/partition-flow.ts'
import { Rebalances } from '../../src/consume/rebalances.ts'
import { clientContext, silent } from '../client-context.ts'
import { until } from '../until.ts'
import { FakeConsumer, FakeSource, partitions, places } from './fake-consumer.ts'

const assign = { code: faultCodes.ERR__ASSIGN_PARTITIONS }
const revoke = { code: faultCodes.ERR__REVOKE_PARTITIONS }

function made(part: Partial<RebalanceListener> = {}, isLost?: boolean) {
  const heard: string[] = []
  const failures: unknown[] = []
  const consumer = new FakeConsumer()
  const flow = new PartitionFlow(consumer.client, new FakeSource(), clientContext('member').clock)
  const hear = (what: string) => async (names: readonly TopicPartition[]) => {
    heard.push(`${what} ${places(names)}`)
  }
  const rebalances = new Rebalances(
    {
      assigned: async (names) => {
        await hear('assigned')(names)
        return names.map((name) => ({ ...name, offset: 5 }))
      },
      revoked: hear('revoked'),
      lost: hear('lost'),
      ...part,
    },
    silent,
  )
  rebalances.attach({
    client: consumer.client,
    flow,
    isLost: () => isLost,
    onFailure: (error) => failures.push(error),
  })
  const rebalance = async (error: unknown, ...numbers: number[]): Promise<string[]> => {
    const before = consumer.calls.length
    rebalances.callback(error, partitions(...numbers))
    await until(() => consumer.calls.slice(before).some((call) => /ssign/.test(call)))
    return consumer.calls.slice(before)
  }
  return { consumer, flow, rebalances, rebalance, heard, failures }
}

describe('rebalances', () => {
  it('assign where the listener says, paused', async () => {
    const { rebalance, heard } = made()
    expect(await rebalance(assign, 0, 1)).toContain('incrementalAssign in/0@5 in/1@5')
    expect(heard).toEqual(['assigned in/0 in/1'])
  })

  it('use whole assignments in the eager protocol', async () => {
    const { consumer, rebalance } = made()
    consumer.protocol = 'EAGER'
    expect(await rebalance(assign, 0)).toContain('assign in/0@5')
    expect(await rebalance(revoke, 0)).toEqual(['unassign'])
  })

  it('give partitions away once the listener is done, and not before', async () => {
    let finish: (() => void) | undefined
    const { consumer, flow, rebalances, rebalance } = made({
      revoked: () =>
        new Promise((resolve) => {
          finish = resolve
        }),
    })
    await rebalance(assign, 0, 1)
    rebalances.callback(revoke, partitions(0))
    await until(() => finish !== undefined)
    expect(consumer.calls).not.toContain('incrementalUnassign in/0')
    expect(flow.get({ topic: 'in', partition: 0 })).toBeDefined()
    finish?.()
    await until(() => consumer.calls.includes('incrementalUnassign in/0'))
    expect(flow.get({ topic: 'in', partition: 0 })).toBeUndefined()
    expect(flow.get({ topic: 'in', partition: 1 })).toBeDefined()
  })

  it('answer one after the other', async () => {
    const { rebalances, consumer, heard } = made()
    rebalances.callback(assign, partitions(0))
    rebalances.callback(revoke, partitions(0))
    rebalances.callback(assign, partitions(1))
    await until(() => consumer.calls.includes('incrementalAssign in/1@5'))
    expect(heard).toEqual(['assigned in/0', 'revoked in/0', 'assigned in/1'])
  })

  it('answer empty lists too, without the listener', async () => {
    const { rebalance, heard } = made()
    expect(await rebalance(assign)).toEqual(['incrementalAssign '])
    expect(await rebalance(revoke)).toEqual(['incrementalUnassign '])
    expect(heard).toEqual([])
  })

  it('take a partition out of the polls before the listener hears of its revocation', async () => {
    const leaving: (boolean | undefined)[] = []
    const { flow, rebalance } = made({
      revoked: async (names) => {
        for (const name of names) leaving.push(flow.get(name)?.leaving)
      },
    })
    await rebalance(assign, 0, 1)
    await rebalance(revoke, 1)
    expect(leaving).toEqual([true])
    expect(flow.get({ topic: 'in', partition: 0 })?.leaving).toBe(false)
  })

  it('tell lost partitions from revoked ones, when it is known', async () => {
    const known = made({}, true)
    await known.rebalance(revoke, 0)
    expect(known.heard).toEqual(['lost in/0'])
    const guessed = made()
    guessed.rebalances.markLost()
    await guessed.rebalance(revoke, 0)
    await guessed.rebalance(assign, 0)
    await guessed.rebalance(revoke, 0)
    expect(guessed.heard).toEqual(['lost in/0', 'assigned in/0', 'revoked in/0'])
  })

  it('are answered even when the listener fails, and the failure is told', async () => {
    const fault = new Error('a fault')
    const failing = async (): Promise<never> => {
      throw fault
    }
    const { rebalance, failures } = made({ assigned: failing, revoked: failing })
    const calls = await rebalance(assign, 0)
    expect(calls).toContain('incrementalAssign in/0@0')
    expect(await rebalance(revoke, 0)).toContain('incrementalUnassign in/0')
    expect(failures).toEqual([fault, fault])
  })

  it.each([
    ['leaves a partition out', []],
    ['gives no offset', [{ topic: 'in', partition: 0, offset: NaN }]],
    ['gives a negative offset', [{ topic: 'in', partition: 0, offset: -1 }]],
  ])('tell when the listener %s', async (_, answer) => {
    const { rebalance, failures } = made({ assigned: async () => answer })
    await rebalance(assign, 0)
    expect(failures).toMatchObject([{ code: 'GOKA_OPTION_INVALID' }])
  })

  it('tell when librdkafka does not take the answer, and go on', async () => {
    const { consumer, rebalances, rebalance, failures } = made()
    consumer.assignFault = Object.assign(new Error(), faultOf(faultCodes.ERR__STATE))
    rebalances.callback(assign, partitions(0))
    await until(() => failures.length === 1)
    expect(failures).toMatchObject([{ code: 'GOKA_TRANSPORT_FAILED' }])
    consumer.assignFault = undefined
    expect(await rebalance(revoke, 0)).toContain('incrementalUnassign in/0')
  })

  it('wait for the listener no more once they are closed, and call it no more', async () => {
    const { consumer, rebalances, rebalance, heard } = made({
      revoked: () => new Promise(() => undefined),
    })
    await rebalance(assign, 0, 1)
    rebalances.callback(revoke, partitions(0))
    await rebalances.close()
    expect(consumer.calls).toContain('incrementalUnassign in/0')
    // As in a disconnect.
    consumer.protocol = 'NONE'
    expect(await rebalance(revoke, 1)).toEqual(['unassign'])
    expect(heard).toEqual(['assigned in/0 in/1'])
  })
})

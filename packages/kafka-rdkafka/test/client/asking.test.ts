import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { Asking } from '../../src/client/asking.ts'
import { Lifetime } from '../../src/client/lifetime.ts'
import { faultCodes, faultOf } from '../../src/client-fault.ts'
import { clientContext } from '../client-context.ts'
import { ManualClock } from '../manual-clock.ts'
import { until } from '../until.ts'

const { clock } = clientContext('asking')
const question = { operation: 'metadata request', topic: 'orders' }

/** Fails with each code in turn, then answers. */
function answering(...codes: number[]): () => Promise<string> {
  const left = [...codes]
  return async () => {
    const code = left.shift()
    if (code === undefined) return 'an answer'
    throw Object.assign(new Error(), faultOf(code))
  }
}

describe('a question to a broker', () => {
  it('is put again as long as the fault passes', async () => {
    const asking = new Asking(clock, new Lifetime('admin'))
    const ask = answering(faultCodes.ERR__TRANSPORT, faultCodes.ERR_LEADER_NOT_AVAILABLE)
    expect(await asking.until(question, ask)).toBe('an answer')
  })

  it('is put again when a broker does not know the topic, as another one may have created it just now', async () => {
    const asking = new Asking(clock, new Lifetime('admin'))
    const ask = answering(faultCodes.ERR_UNKNOWN_TOPIC_OR_PART)
    expect(await asking.until(question, ask)).toBe('an answer')
  })

  it('fails with a topic that stays unknown', async () => {
    const asking = new Asking(clock, new Lifetime('admin'))
    const codes = Array<number>(20).fill(faultCodes.ERR_UNKNOWN_TOPIC_OR_PART)
    await expect(asking.until(question, answering(...codes))).rejects.toMatchObject({
      code: 'GOKA_TOPIC_UNKNOWN',
    })
  })

  it('fails with a fault that stays', async () => {
    const asking = new Asking(clock, new Lifetime('admin'))
    await expect(
      asking.until(question, answering(faultCodes.ERR_TOPIC_AUTHORIZATION_FAILED)),
    ).rejects.toMatchObject({ code: 'GOKA_TRANSPORT_UNAUTHORIZED' })
  })

  it('fails with a fault that lasts until the deadline, and is not put after it', async () => {
    const clock = new ManualClock()
    const asking = new Asking(clock, new Lifetime('producer'))
    let asked = 0
    const ask = async (): Promise<string> => {
      asked++
      throw Object.assign(new Error(), faultOf(faultCodes.ERR__TRANSPORT))
    }
    const answer = asking.until(question, ask, 250).catch((error: unknown) => error)
    for (const count of [1, 2, 3]) {
      await until(() => asked === count)
      await turn()
      clock.advance(100)
    }
    expect(await answer).toMatchObject({
      code: 'GOKA_TRANSPORT_FAILED',
      details: { retriable: true, reason: 'ERR__TRANSPORT' },
    })
    await expect(asking.until(question, ask, 250)).rejects.toMatchObject({
      code: 'GOKA_TRANSPORT_FAILED',
      details: { retriable: true, reason: 'ERR__TIMED_OUT' },
    })
    expect(asked).toBe(3)
  })

  it('ends with the client', async () => {
    const lifetime = new Lifetime('admin')
    const asking = new Asking(clock, lifetime)
    const asked = asking.until(question, () => {
      lifetime.end()
      throw Object.assign(new Error(), faultOf(faultCodes.ERR__TRANSPORT))
    })
    await expect(asked).rejects.toMatchObject({ code: 'GOKA_TRANSPORT_CLOSED' })
  })
})

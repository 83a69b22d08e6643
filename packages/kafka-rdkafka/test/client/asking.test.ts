import { describe, expect, it } from '@jest/globals'
import { Asking } from '../../src/client/asking.ts'
import { Lifetime } from '../../src/client/lifetime.ts'
import { faultCodes, faultOf } from '../../src/client-fault.ts'
import { clientContext } from '../client-context.ts'

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

  it('fails with a fault that stays', async () => {
    const asking = new Asking(clock, new Lifetime('admin'))
    await expect(
      asking.until(question, answering(faultCodes.ERR_TOPIC_AUTHORIZATION_FAILED)),
    ).rejects.toMatchObject({ code: 'GOKA_TRANSPORT_UNAUTHORIZED' })
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

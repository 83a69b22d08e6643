import { describe, expect, it } from '@jest/globals'
import { Lifetime } from '../../src/client/lifetime.ts'

const closed = { code: 'GOKA_TRANSPORT_CLOSED', details: { client: 'reader 1' } }

describe('the lifetime of a client', () => {
  it('lets work settle as it does while the client is open', async () => {
    const lifetime = new Lifetime('reader 1')
    const fault = new Error('a fault')
    expect(await lifetime.guard(async () => 7)).toBe(7)
    await expect(lifetime.guard(() => Promise.reject(fault))).rejects.toBe(fault)
    expect(lifetime.ended).toBe(false)
  })

  it('fails what is under way when it ends, and whatever comes later', async () => {
    const lifetime = new Lifetime('reader 1')
    const stuck = lifetime.guard(() => new Promise(() => undefined))
    lifetime.end()
    await expect(stuck).rejects.toMatchObject(closed)
    await expect(lifetime.guard(async () => 7)).rejects.toMatchObject(closed)
    expect(() => {
      lifetime.check()
    }).toThrow('reader 1 is closed')
  })
})

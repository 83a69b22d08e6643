import { deserialize, serialize } from 'node:v8'
import { describe, expect, it } from '@jest/globals'
import { plainFacts } from '../src/plain-facts.ts'

describe('plain facts', () => {
  it('survive their way to another process, whatever was logged', () => {
    const circle: Record<string, unknown> = { name: 'circle' }
    circle['itself'] = circle
    const hostile = {
      get field(): unknown {
        throw new Error('no')
      },
    }
    const facts = { circle, hostile, call: () => 1, symbol: Symbol('s'), list: [1n, undefined] }
    const plain = plainFacts(facts)
    expect(deserialize(serialize(plain))).toEqual(plain)
    expect(plain).toMatchObject({
      circle: { name: 'circle', itself: { name: 'circle' } },
      hostile: '[Unreadable]',
      symbol: 'Symbol(s)',
      list: [1n, undefined],
    })
  })

  it('keep bytes and dates, and what errors carry', () => {
    const at = new Date(5)
    const error = Object.assign(new Error('lost'), { code: 'E1', details: { topic: 't' } })
    expect(plainFacts({ at, bytes: Uint8Array.of(1), error })).toEqual({
      at,
      bytes: Uint8Array.of(1),
      error: {
        name: 'Error',
        message: 'lost',
        stack: expect.stringContaining('lost'),
        code: 'E1',
        details: { topic: 't' },
      },
    })
  })

  it('are never anything but an object', () => {
    expect(plainFacts([1, 2])).toEqual({ value: [1, 2] })
    expect(plainFacts(hostileProxy())).toEqual({ value: '[Unreadable]' })
  })
})

function hostileProxy(): object {
  return new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('no')
      },
    },
  )
}

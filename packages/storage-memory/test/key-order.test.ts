import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { KeyOrder, lowerBound } from '../src/key-order.ts'

const key = fc.constantFrom('', '\0', 'a', 'aa', 'ab', 'b', 'z', '\x80', '\xff')

/** A map whose changes are told to an order, as a store does. */
class Keys {
  readonly order = new KeyOrder()
  readonly values = new Map<string, number>()

  set(key: string): void {
    if (!this.values.has(key)) this.order.add(key)
    this.values.set(key, 1)
  }

  delete(key: string): void {
    if (this.values.delete(key)) this.order.remove()
  }

  sorted(): readonly string[] {
    return this.order.of(this.values)
  }
}

describe('the order of keys', () => {
  it('is that of a fresh sort, whatever was added and removed in between', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constantFrom('set', 'delete'), key }),
      fc.record({ kind: fc.constant('ask'), key }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const keys = new Keys()
        for (const { kind, key } of steps) {
          if (kind === 'set') keys.set(key)
          if (kind === 'delete') keys.delete(key)
          if (kind === 'ask') expect(keys.sorted()).toEqual([...keys.values.keys()].sort())
        }
        expect(keys.sorted()).toEqual([...keys.values.keys()].sort())
      }),
    )
  })

  it('is made once for several walks without a new key in between', () => {
    const keys = new Keys()
    keys.set('b')
    keys.set('a')
    const first = keys.sorted()
    keys.set('a')
    expect(keys.sorted()).toBe(first)
    keys.set('c')
    expect(keys.sorted()).not.toBe(first)
    expect(first).toEqual(['a', 'b'])
  })

  it('is right also when more keys came and went than are worth a merge', () => {
    const keys = new Keys()
    keys.set('stays')
    keys.sorted()
    for (let index = 0; index < 3000; index++) {
      keys.set(`key-${index}`)
      if (index % 2 === 0) keys.delete(`key-${index}`)
    }
    expect(keys.sorted()).toEqual([...keys.values.keys()].sort())
    expect(keys.sorted()).toHaveLength(1501)
  })

  it('finds the first key that is not before a bound', () => {
    const sorted = ['a', 'b', 'd']
    const bounds = ['', 'a', 'a\0', 'b', 'c', 'd', 'e']
    expect(bounds.map((bound) => lowerBound(sorted, bound))).toEqual([0, 0, 1, 1, 2, 2, 3])
    expect(lowerBound([], 'a')).toBe(0)
  })
})

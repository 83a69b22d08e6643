import { describe, expect, it } from '@jest/globals'
import { MemoryIterator } from '../src/memory-iterator.ts'
import { Snapshot } from '../src/snapshot.ts'

const ONE = Uint8Array.of(1)
const TWO = Uint8Array.of(2)

class Owner {
  readonly released: Snapshot[] = []
  assertOpen(): void {}
  notOpen(what: string): Error {
    return new Error(`${what} closed`)
  }
  release(snapshot: Snapshot): void {
    this.released.push(snapshot)
  }
}

describe('a snapshot', () => {
  it('keeps the first value of a key that changes twice, also that there was none', () => {
    const values = new Map([['a', ONE]])
    const snapshot = new Snapshot(['a'], values)
    snapshot.keep('a', ONE)
    values.set('a', TWO)
    snapshot.keep('a', TWO)
    values.delete('a')
    snapshot.keep('b', undefined)
    values.set('b', TWO)
    expect(snapshot.get('a')).toBe(ONE)
    expect(snapshot.get('b')).toBeUndefined()
  })
})

describe('a walk', () => {
  it('lets go of its snapshot when it has seen all of its range, and once only', () => {
    const owner = new Owner()
    const snapshot = new Snapshot(
      ['a', 'b', 'c'],
      new Map(['a', 'b', 'c'].map((key) => [key, ONE])),
    )
    const iterator = new MemoryIterator(owner, snapshot, { lt: 'c' })
    iterator.next(1)
    expect(owner.released).toEqual([])
    iterator.next(1)
    expect(owner.released).toEqual([snapshot])
    iterator.close()
    iterator.close()
    expect(owner.released).toEqual([snapshot])
  })

  it('lets go of its snapshot when it is closed on the way', () => {
    const owner = new Owner()
    const snapshot = new Snapshot(['a', 'b'], new Map(['a', 'b'].map((key) => [key, ONE])))
    const iterator = new MemoryIterator(owner, snapshot, {})
    iterator.next(1)
    iterator.close()
    expect(owner.released).toEqual([snapshot])
    expect(() => iterator.next(1)).toThrow('iterator closed')
  })
})

import { describe, expect, it } from '@jest/globals'
import { rangeAssignment, type Subscriber } from '../src/range-assignment.ts'

function member(memberId: string, topics = ['t'], instanceId?: string): Subscriber {
  return { memberId, instanceId, topics }
}

function assigned(members: readonly Subscriber[], partitions: Record<string, number>) {
  const assignment = rangeAssignment(members, (topic) => partitions[topic] ?? 0)
  return Object.fromEntries(
    [...assignment].map(([{ memberId }, list]) => [
      memberId,
      list.map(({ topic, partition }) => `${topic}${partition}`).join(' '),
    ]),
  )
}

describe('the range assignment', () => {
  it.each([
    [3, 2, [2, 1]],
    [8, 3, [3, 3, 2]],
    [10, 3, [4, 3, 3]],
    [10, 4, [3, 3, 2, 2]],
    [5, 8, [1, 1, 1, 1, 1, 0, 0, 0]],
    [50, 7, [8, 7, 7, 7, 7, 7, 7]],
  ])('splits %i partitions over %i members as Kafka does', (partitions, count, sizes) => {
    const members = Array.from({ length: count }, (_, n) => member(`m${n}`))
    const assignment = rangeAssignment(members, () => partitions)
    expect(members.map((each) => assignment.get(each)?.length)).toEqual(sizes)
    const all = [...assignment.values()].flat().map(({ partition }) => partition)
    expect(all).toEqual(Array.from({ length: partitions }, (_, n) => n))
  })

  it('gives partitions of the same number to the same member', () => {
    const members = [member('b', ['t', 'u']), member('a', ['u', 't'])]
    expect(assigned(members, { t: 3, u: 3 })).toEqual({ a: 'u0 u1 t0 t1', b: 'u2 t2' })
  })

  it('goes by member id, static members first and by their instance id', () => {
    const members = [member('c'), member('z', ['t'], 'b'), member('y', ['t'], 'a'), member('b')]
    expect(assigned(members, { t: 4 })).toEqual({ y: 't0', z: 't1', b: 't2', c: 't3' })
  })

  it('gives a topic only to its subscribers', () => {
    const members = [member('a', ['t']), member('b', ['t', 'u']), member('c', ['v'])]
    expect(assigned(members, { t: 2, u: 2 })).toEqual({ a: 't0', b: 't1 u0 u1', c: '' })
  })
})

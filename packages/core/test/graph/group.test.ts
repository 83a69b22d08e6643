import { int64, string } from '@goka/codecs'
import { defineGroup, stream, table } from '@goka/core'
import { isGokaError } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'

const words = stream('words', string)
const prices = table('prices', int64)
const nothing = (): void => {}

/** Why a declaration is refused. */
function reasonOf(declare: () => unknown): string {
  try {
    declare()
  } catch (error) {
    if (!isGokaError(error, 'GOKA_GRAPH_INVALID')) throw error
    expect(error.details.group).toBe('group')
    expect(error.message).toBe(`group "group": ${error.details.reason}`)
    return error.details.reason
  }
  throw new Error('nothing was refused')
}

describe('a group', () => {
  it('names its topics after itself, as Goka does', () => {
    const group = defineGroup('group').persist(int64).loop(string, nothing)
    expect(group.table.topic).toBe('group-table')
    expect(group.edges.loop?.topic).toBe('group-loop')
  })

  it('is not changed by what is declared: each declaration makes another', () => {
    const base = defineGroup('group')
    const keeping = base.persist(int64)
    const reading = keeping.input(words, nothing)
    expect(base.table).toBeUndefined()
    expect(keeping.edges.inputs).toEqual([])
    expect(reading.edges.inputs.map(({ topic }) => topic)).toEqual(['words'])
    expect(() => Object.assign(base, { name: 'other' })).toThrow(TypeError)
  })

  it('keeps what was declared', () => {
    const group = defineGroup('group')
      .persist(int64)
      .join(prices)
      .lookup(table('rates', int64))
      .output(stream('out', string))
      .loop(string, nothing)
      .inputs([words, stream('more', string)], nothing, { nil: 'decode' })
      .visitor('visit', nothing)
    const { edges } = group
    expect(edges.table?.topic).toBe('group-table')
    expect(edges.joins.map(({ topic }) => topic)).toEqual(['prices'])
    expect(edges.lookups.map(({ topic }) => topic)).toEqual(['rates'])
    expect(edges.outputs.map(({ topic }) => topic)).toEqual(['out'])
    expect(edges.inputs.map(({ topic, loop }) => [topic, loop])).toEqual([
      ['group-loop', true],
      ['words', false],
      ['more', false],
    ])
    expect(edges.inputs[2]?.options).toEqual({ nil: 'decode' })
    expect([...edges.visitors.keys()]).toEqual(['visit'])
  })

  it('may write what it reads', () => {
    const group = defineGroup('group').output(words).input(words, nothing)
    expect(group.edges.outputs[0]?.topic).toBe(group.edges.inputs[0]?.topic)
  })

  const unbound = defineGroup('group')
  const base = unbound.persist(int64)
  const own = table('group-table', int64)
  const loop = stream('group-loop', string)

  it.each<[string, () => unknown, string]>([
    ['a second table', () => (base as never as typeof unbound).persist(string), 'twice'],
    ['a second loop', () => base.loop(string, nothing).loop(string, nothing), 'twice'],
    ['an input twice', () => base.input(words, nothing).input(words, nothing), '"words"'],
    ['an input twice in one list', () => base.inputs([words, words], nothing), '"words"'],
    ['an output twice', () => base.output(words).output(words), '"words"'],
    ['a join twice', () => base.join(prices).join(prices), '"prices"'],
    ['a lookup twice', () => base.lookup(prices).lookup(prices), '"prices"'],
    ['a join that is looked up', () => base.lookup(prices).join(prices), 'lookup alone'],
    ['a lookup that is joined', () => base.join(prices).lookup(prices), 'lookup alone'],
    ['a visitor twice', () => base.visitor('v', nothing).visitor('v', nothing), '"v"'],
    ['a visitor without a table', () => defineGroup('group').visitor('v', nothing), 'persist'],
    ['its own table as a join', () => base.join(own), 'setValue'],
    ['its own table as a lookup', () => base.lookup(own), 'setValue'],
    ['its own table as an output', () => base.output(stream('group-table', int64)), 'setValue'],
    [
      'its own table as an input',
      () => base.input(stream('group-table', int64), nothing),
      'setValue',
    ],
    ['its own loop as an input', () => base.input(loop, nothing), 'loopback'],
    ['its own loop as an output', () => base.output(loop), 'loopback'],
    [
      'its own loop as an input, before the loop',
      () => defineGroup('group').input(loop, nothing),
      'loopback',
    ],
  ])('refuses %s', (_what, declare, word) => {
    expect(reasonOf(declare)).toContain(word)
  })
})

import type { Codec } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { testCodec } from '../../src/codec.ts'
import { collectTests, failures } from '../collect-tests.ts'
import { codecMutants } from './mutants.ts'
import { ReferenceCodec, viewCodec } from './reference-codec.ts'

function collect(codec: Codec<string>): ReadonlyMap<string, () => Promise<void>> {
  return collectTests((runner) => {
    testCodec({
      runner,
      codec,
      values: ['', 'a', 'text', '\u{1f600} \uff5e é', 'x'.repeat(300)],
      invalid: { values: [1, {}, ['a']], bytes: [new Uint8Array([0x3f, 0x41]), new Uint8Array(0)] },
    })
  })
}

describe('testCodec', () => {
  it('finds nothing in a codec without defects', async () => {
    const tests = collect(new ReferenceCodec())
    expect(tests.size).toBeGreaterThan(10)
    expect(await failures(tests)).toEqual([])
  })

  it.each(codecMutants)('finds a codec that $defect', async ({ foundBy, codec }) => {
    const test = collect(codec).get(foundBy)
    if (test === undefined) throw new Error(`there is no test "${foundBy}"`)
    expect(await failures(new Map([[foundBy, test]]))).toEqual([foundBy])
  })

  it('has a mutant for every test', () => {
    const found = new Set(codecMutants.map(({ foundBy }) => foundBy))
    expect([...collect(new ReferenceCodec()).keys()].filter((name) => !found.has(name))).toEqual([])
  })

  const views = {
    values: [new Uint8Array(0), new Uint8Array([0xee]), new Uint8Array([1, 2, 3])],
    invalid: { values: [], bytes: [] },
  }
  const { decodesToViews: _, ...secretViewCodec } = viewCodec

  it.each<[string, Codec<Uint8Array>, readonly string[]]>([
    ['of views', viewCodec, []],
    [
      'of views that does not say so',
      secretViewCodec,
      ['decoded values are or are not views, as the codec says'],
    ],
    [
      'that says it decodes to views and does not',
      { ...viewCodec, decode: (bytes) => new Uint8Array(bytes) },
      ['decoded values are or are not views, as the codec says'],
    ],
  ])('tells a codec %s', async (_title, codec, expected) => {
    const tests = collectTests((runner) => testCodec({ runner, codec, ...views }))
    expect(await failures(tests)).toEqual(expected)
  })
})

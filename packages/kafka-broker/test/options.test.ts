import { describe, expect, it } from '@jest/globals'
import { type BrokerOptions, checkOptions } from '../src/options.ts'

describe('options', () => {
  it('are all optional', () => {
    expect(() => {
      checkOptions({})
    }).not.toThrow()
    expect(() => {
      checkOptions({ port: 1, heapMb: 128, dataPath: 'x', logPath: 'y', config: { a: 'b' } })
    }).not.toThrow()
  })

  it.each([
    ['port', { port: 0 }, '0'],
    ['port', { port: 65_536 }, '65536'],
    ['port', { port: Number.NaN }, 'NaN'],
    ['heapMb', { heapMb: 127 }, '127'],
    ['heapMb', { heapMb: 512.5 }, '512.5'],
    ['dataPath', { dataPath: '' }, '""'],
    ['logPath', { logPath: 7 as unknown as string }, '7'],
    ['config["a"]', { config: { a: 1 as unknown as string } }, '1'],
  ] satisfies [string, BrokerOptions, string][])(
    'rejects a wrong %s: %j',
    (option, options, received) => {
      let thrown: unknown
      try {
        checkOptions(options)
      } catch (error) {
        thrown = error
      }
      expect(thrown).toMatchObject({ code: 'GOKA_OPTION_INVALID', details: { option, received } })
    },
  )
})

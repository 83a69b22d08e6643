import { describe, expect, it } from '@jest/globals'
import { parseOptions } from '../src/options.ts'

describe('the options', () => {
  it('leave the work to the bench unless they name it', () => {
    expect(parseOptions(['count']).workload).toEqual({})
    expect(parseOptions(['count', '--records', '2_000', '--partitions', '8']).workload).toEqual({
      records: 2_000,
      partitions: 8,
    })
  })

  it.each([
    [['--records', 'many']],
    [['--rounds', '0']],
    [['--systems', 'ours,flink']],
    [['--colour']],
  ])('refuse %j', (args) => {
    expect(() => parseOptions(args)).toThrow(
      expect.objectContaining({ code: 'GOKA_OPTION_INVALID' }),
    )
  })
})

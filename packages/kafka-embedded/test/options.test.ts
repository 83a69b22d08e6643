import { describe, expect, it } from '@jest/globals'
import { type EmbeddedBrokerOptions, embedded, embeddedBroker } from '../src/index.ts'

describe('the options of an embedded broker', () => {
  it.each<[string, unknown]>([
    ['path', ''],
    ['path', 7],
    ['rebalance', 'lazy'],
    ['sessionTimeoutMs', 0],
    ['maxPollIntervalMs', -1],
    ['transactionTimeoutMs', 1.5],
    ['fetchMaxBytes', '1'],
  ])('refuse %s: %p by its name', (option, value) => {
    const refused = expect.objectContaining({
      code: 'GOKA_OPTION_INVALID',
      details: expect.objectContaining({ option }),
    })
    const options = { [option]: value } as EmbeddedBrokerOptions
    expect(() => embeddedBroker(options)).toThrow(refused)
    expect(() => embedded(options)).toThrow(refused)
  })

  it('refuse a broker that is none', () => {
    const broker = {} as ReturnType<typeof embeddedBroker>
    expect(() => embedded({ broker })).toThrow(
      expect.objectContaining({ code: 'GOKA_OPTION_INVALID' }),
    )
  })
})

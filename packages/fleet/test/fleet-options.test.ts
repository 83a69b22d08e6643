import { Fleet, type FleetOptions } from '@goka/fleet'
import { describe, expect, it } from '@jest/globals'

const program = '/srv/processor.js'

function codeOf(options: unknown): unknown {
  try {
    return new Fleet(options as FleetOptions).state
  } catch (error) {
    const { code, details } = error as { code: string; details: { option: string } }
    return [code, details.option]
  }
}

describe('the options of a fleet', () => {
  it('need a program and nothing else', () => {
    expect(codeOf({ program })).toBe('idle')
    expect(codeOf({ program: new URL('file:///srv/processor.js') })).toBe('idle')
  })

  it.each([
    ['options', undefined],
    ['options.procesess', { program, procesess: 2 }],
    ['program', {}],
    ['program', { program: '' }],
    ['program', { program: new URL('https://example.org/processor.js') }],
    ['processes', { program, processes: 0 }],
    ['processes', { program, processes: 1.5 }],
    ['args', { program, args: 'one' }],
    ['execArgv', { program, execArgv: [1] }],
    ['env', { program, env: null }],
    ['restart.giveUpAfterMs', { program, restart: { giveUpAfterMs: 1 } }],
    ['restart.initialMs', { program, restart: { initialMs: 0 } }],
    ['restart.maxMs', { program, restart: { maxMs: Number.NaN } }],
    ['restart.limit', { program, restart: { limit: -1 } }],
    ['stopTimeoutMs', { program, stopTimeoutMs: 0 }],
    ['log', { program, log: console.log }],
    ['clock', { program, clock: {} }],
  ])('are refused by name: %s', (option, options) => {
    expect(codeOf(options)).toEqual(['GOKA_OPTION_INVALID', option])
  })
})

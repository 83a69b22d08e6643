import assert from 'node:assert/strict'
import { describe, expect, it } from '@jest/globals'
import type { KnownFailure } from '../src/runner.ts'
import { defineSuite } from '../src/suite.ts'
import { collectTests, failures } from './collect-tests.ts'

const chapters = {
  numbers: {
    'one is one': (value: number) => {
      assert.equal(value, 1)
    },
    'one is two': (value: number) => {
      assert.equal(value, 2)
    },
  },
}

function collect(...knownFailures: KnownFailure[]): ReadonlyMap<string, () => Promise<void>> {
  return collectTests((runner) => {
    defineSuite('a suite', chapters, { runner, knownFailures }, 1000, async (body) => body(1))
  })
}

describe('defineSuite', () => {
  it('hands every test to the runner', async () => {
    expect(await failures(collect())).toEqual(['one is two'])
  })

  it('lets a known failure pass while it fails', async () => {
    const tests = collect({ test: 'one is two', reason: 'arithmetic' })
    expect([...tests.keys()]).toEqual(['one is one', 'one is two (known failure: arithmetic)'])
    expect(await failures(tests)).toEqual([])
  })

  it('fails a known failure that passes', async () => {
    const tests = collect({ test: 'one is one', reason: 'doubt' })
    expect(await failures(tests)).toContain('one is one (known failure: doubt)')
  })

  it('fails a known failure that names no test', async () => {
    const tests = collect({ test: 'one is three', reason: 'a slip' })
    expect(await failures(tests)).toContain('one is three (known failure)')
  })

  it('hands the groups and the time limit to the runner', () => {
    const seen: unknown[] = []
    const runner = {
      describe: (name: string, body: () => void) => {
        seen.push(name)
        body()
      },
      it: (name: string, _body: () => Promise<void>, timeoutMs: number) => {
        seen.push([name, timeoutMs])
      },
    }
    defineSuite('a suite', chapters, { runner }, 1000, async (body) => body(1))
    expect(seen).toEqual(['a suite', 'numbers', ['one is one', 1000], ['one is two', 1000]])
  })
})

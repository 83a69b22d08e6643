import { int64, string } from '@goka/codecs'
import { defineGroup, Goka, stream, table } from '@goka/core'
import { isGokaError } from '@goka/interface'
import { embedded } from '@goka/kafka-embedded'
import { memory } from '@goka/storage-memory'
import { describe, expect, it } from '@jest/globals'
import {
  checkCodec,
  checkDuration,
  checkFunction,
  checkInteger,
  checkKnown,
  checkTopic,
  checkWord,
} from '../src/options.ts'

/** The option and what was received, from the error that `call` throws. */
function refused(call: () => unknown): readonly [option: string, received: string] {
  try {
    call()
  } catch (error) {
    if (!isGokaError(error, 'GOKA_OPTION_INVALID')) throw error
    const { option, expected, received } = error.details
    expect(error.message).toBe(`option "${option}" must be ${expected}, received ${received}`)
    return [option, received]
  }
  throw new Error('nothing was refused')
}

describe('options', () => {
  it('are refused when nobody knows their name', () => {
    expect(refused(() => checkKnown('options', { colour: 1 }, ['color']))).toEqual([
      'options.colour',
      '"colour"',
    ])
    checkKnown('options', { color: 1 }, ['color'])
  })

  it.each([null, undefined, 7, 'x'])('are refused when they are no object: %p', (value) => {
    expect(refused(() => checkKnown('options', value as never, []))[0]).toBe('options')
  })
})

describe('a whole number', () => {
  it('has a default, and a range whose ends belong to it', () => {
    expect(checkInteger('size', undefined, 5, 1, 9)).toBe(5)
    expect(checkInteger('size', 1, 5, 1, 9)).toBe(1)
    expect(checkInteger('size', 9, 5, 1, 9)).toBe(9)
  })

  it.each([0, 10, 1.5, Number.NaN, '7', null, Number.POSITIVE_INFINITY])('is not %p', (value) => {
    expect(refused(() => checkInteger('size', value as never, 5, 1, 9))[0]).toBe('size')
  })
})

describe('a duration', () => {
  it('has a default, and may be without end', () => {
    expect(checkDuration('waitMs', undefined, 5)).toBe(5)
    expect(checkDuration('waitMs', 0, 5)).toBe(0)
    expect(checkDuration('waitMs', Number.POSITIVE_INFINITY, 5)).toBe(Number.POSITIVE_INFINITY)
  })

  it.each([-1, Number.NaN, '7', null])('is not %p', (value) => {
    expect(refused(() => checkDuration('waitMs', value as never, 5))[0]).toBe('waitMs')
  })
})

describe('a word', () => {
  it('has a default, and is one of those that are known', () => {
    expect(checkWord('mode', undefined, 'on', ['on', 'off'])).toBe('on')
    expect(checkWord('mode', 'off', 'on', ['on', 'off'])).toBe('off')
    expect(refused(() => checkWord<string>('mode', 'of', 'on', ['on', 'off']))).toEqual([
      'mode',
      '"of"',
    ])
  })
})

describe('a function, a codec and a topic', () => {
  it('are checked for what they are', () => {
    expect(refused(() => checkFunction('callback', 'x'))).toEqual(['callback', '"x"'])
    expect(refused(() => checkCodec('codec', { encode: () => {} } as never))[0]).toBe('codec')
    expect(refused(() => checkCodec('codec', null as never))[0]).toBe('codec')
    expect(checkCodec('codec', string)).toBe(string)
  })

  it.each(['', '.', '..', 'a b', 'ü', 'x'.repeat(250), 7])('refuse %p as a topic', (name) => {
    expect(refused(() => checkTopic('topic', name as string))[0]).toBe('topic')
  })

  it.each(['a', '...', 'A.b_c-9', 'x'.repeat(249)])('take %p as a topic', (name) => {
    expect(checkTopic('topic', name)).toBe(name)
  })
})

describe('what a user makes', () => {
  const words = stream('words', string)
  const group = defineGroup('group').input(words, () => {})
  const keeping = defineGroup('keeping')
    .persist(int64)
    .input(words, () => {})
  const transport = embedded()
  const goka = new Goka({ transport, storage: memory() })

  it.each<[string, () => unknown, string]>([
    ['goka without a transport', () => new Goka({} as never), 'transport'],
    [
      'goka with an unknown option',
      () => new Goka({ transport, store: 1 } as never),
      'options.store',
    ],
    ['goka with a bad storage', () => new Goka({ transport, storage: {} as never }), 'storage'],
    [
      'goka with a bad time',
      () => new Goka({ transport, connectTimeoutMs: 0 }),
      'connectTimeoutMs',
    ],
    ['goka with a bad client id', () => new Goka({ transport, clientId: 7 as never }), 'clientId'],
    [
      'goka with a bad partitioner',
      () => new Goka({ transport, partitioner: 'fnv1a' as never }),
      'partitioner',
    ],
    ['goka with a bad clock', () => new Goka({ transport, clock: Date as never }), 'clock'],
    [
      'goka with a bad logger',
      () => new Goka({ transport, log: { info: console.log } as never }),
      'log',
    ],
    ['an emitter of a topic name', () => goka.emitter('words' as never), 'stream'],
    ['an emitter of a table', () => goka.emitter(table('t', string) as never), 'stream'],
    [
      'an emitter with an unknown option',
      () => goka.emitter(words, { linger: 1 } as never),
      'options.linger',
    ],
    ['an emitter with a bad linger', () => goka.emitter(words, { lingerMs: -1 }), 'lingerMs'],
    [
      'an emitter with no room',
      () => goka.emitter(words, { maxPendingBytes: 0 }),
      'maxPendingBytes',
    ],
    ['a view of a stream', () => goka.view(words as never), 'table'],
    ['a view of nothing', () => goka.view(undefined as never), 'table'],
    [
      'a view with an unknown option',
      () => goka.view(keeping.table, { cache: 1 } as never),
      'options.cache',
    ],
    ['a view without storage', () => new Goka({ transport }).view(keeping.table), 'storage'],
    ['a table without storage', () => new Goka({ transport }).processor(keeping), 'storage'],
    ['a processor of no group', () => goka.processor({} as never), 'group'],
    ['a processor without inputs', () => goka.processor(defineGroup('empty')), 'group'],
    ['"colour"', () => goka.processor(group, { commitMs: 1 } as never), 'options.commitMs'],
    [
      'an unknown guarantee',
      () => goka.processor(group, { guarantee: 'once' as never }),
      'guarantee',
    ],
    [
      'a negative interval',
      () => goka.processor(group, { commitIntervalMs: -1 }),
      'commitIntervalMs',
    ],
    ['no concurrency', () => goka.processor(group, { concurrency: 0 }), 'concurrency'],
    ['an unknown policy', () => goka.processor(group, { onError: 'ignore' as never }), 'onError'],
    ['an empty policy', () => goka.processor(group, { onError: {} as never }), 'onError'],
    [
      'a bad retry',
      () => goka.processor(group, { onError: { retry: { retries: -1 } } }),
      'onError.retry.retries',
    ],
    [
      'a bad wait',
      () => goka.processor(group, { onError: { retry: { initialMs: Number.NaN } } }),
      'onError.retry.initialMs',
    ],
    [
      'a bad longest wait',
      () => goka.processor(group, { onError: { retry: { maxMs: -1 } } }),
      'onError.retry.maxMs',
    ],
    [
      'retries of retries',
      () => goka.processor(group, { onError: { retry: { then: { retry: {} } as never } } }),
      'onError.retry.then',
    ],
    [
      'an unknown retry',
      () => goka.processor(group, { onError: { retry: { times: 3 } as never } }),
      'onError.retry.times',
    ],
    [
      'a bad dead letter',
      () => goka.processor(group, { onError: { deadLetter: 'a b' } }),
      'onError.deadLetter',
    ],
    [
      'an unknown check',
      () => goka.processor(group, { partitionCheck: true as never }),
      'partitionCheck',
    ],
    [
      'a bad restart',
      () => goka.processor(group, { restart: { initialMs: 0 } }),
      'restart.initialMs',
    ],
    [
      'a bad replication',
      () => goka.processor(group, { topics: { replicationFactor: 0 } }),
      'topics.replicationFactor',
    ],
    [
      'an unknown mismatch',
      () => goka.processor(group, { topics: { mismatch: 'no' as never } }),
      'topics.mismatch',
    ],
    [
      'a bad create',
      () => goka.processor(group, { topics: { create: 'yes' as never } }),
      'topics.create',
    ],
    ['a bad instance id', () => goka.processor(group, { instanceId: 7 as never }), 'instanceId'],
    ['an unknown standby', () => goka.processor(group, { standby: true as never }), 'standby'],
    [
      'an unknown listener',
      () => goka.processor(group, { listener: { started() {} } as never }),
      'listener.started',
    ],
  ])('%s is refused by name', (_what, call, option) => {
    expect(refused(call)[0]).toBe(option)
  })

  it.each<[string, () => unknown, string]>([
    ['a group of no name', () => defineGroup('' as never), 'group'],
    ['a group of a bad name', () => defineGroup('a b'), 'group'],
    ['a stream without codec', () => stream('s', undefined as never), 'codec'],
    ['a table of a bad name', () => table('a/b', string), 'topic'],
    [
      'an input that is no stream',
      () => defineGroup('g').input('words' as never, () => {}),
      'stream',
    ],
    [
      'an input without callback',
      () => defineGroup('g').input(words, undefined as never),
      'callback',
    ],
    [
      'an input with a bad nil',
      () => defineGroup('g').input(words, () => {}, { nil: 'no' as never }),
      'options.nil',
    ],
    [
      'an input with a bad start',
      () => defineGroup('g').input(words, () => {}, { initialOffset: 0 as never }),
      'options.initialOffset',
    ],
    [
      'an input with an unknown option',
      () => defineGroup('g').input(words, () => {}, { from: 0 } as never),
      'options.from',
    ],
    [
      'an input with a bad policy',
      () => defineGroup('g').input(words, () => {}, { onError: 7 as never }),
      'options.onError',
    ],
    ['a join that is no table', () => defineGroup('g').join(words as never), 'table'],
    ['a visitor of no name', () => keeping.visitor('', () => {}), 'name'],
    ['a state without codec', () => defineGroup('g').persist({} as never), 'codec'],
  ])('%s is refused by name', (_what, call, option) => {
    expect(refused(call)[0]).toBe(option)
  })
})

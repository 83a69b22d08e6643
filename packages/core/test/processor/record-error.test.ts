import { GokaError, type Headers } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import {
  callbackError,
  deadLetterHeaders,
  decodeError,
  messageOf,
} from '../../src/processor/record-error.ts'

// The key is "é" in bytes.
const record = { topic: 'input', partition: 3, offset: 7, key: '\xc3\xa9' }

describe('the error about a record', () => {
  it('names the record and keeps what was thrown', () => {
    const cause = new TypeError('oops')
    const error = callbackError(record, cause)
    expect(error).toMatchObject({
      code: 'GOKA_PROCESSOR_CALLBACK',
      details: { topic: 'input', partition: 3, offset: 7, key: 'é' },
    })
    expect(error.cause).toBe(cause)
    expect(error.message).toContain('input/3 offset 7')
    expect(error.message).toContain('oops')
    expect(decodeError(record, cause).code).toBe('GOKA_PROCESSOR_DECODE')
  })

  it.each([
    [new Error('oops'), 'oops'],
    [{ message: 'like an error' }, 'like an error'],
    ['text', 'text'],
    [7, '7'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)'],
    [{ message: undefined }, 'undefined'],
  ])('shows whatever was thrown: %p', (thrown, expected) => {
    expect(messageOf(thrown)).toBe(expected)
    expect(callbackError(record, thrown).message).toContain(expected)
  })
})

describe('the headers of a dead letter', () => {
  const textOf = (headers: Headers): (readonly [string, string | null])[] =>
    headers.map(({ name, value }) => [name, value === null ? null : Buffer.from(value).toString()])

  it('follow those of the record', () => {
    const own = { name: 'goka-topic', value: Buffer.from('mine') }
    const headers = textOf(deadLetterHeaders([own], record, callbackError(record, new Error('x'))))
    expect(headers[0]).toEqual(['goka-topic', 'mine'])
    expect(headers.slice(1).map(([name]) => name)).toEqual([
      'goka-error',
      'goka-error-code',
      'goka-error-stack',
      'goka-topic',
      'goka-partition',
      'goka-offset',
    ])
  })

  it('have the code of the cause where it has one, and no stack where there is none', () => {
    const encode = new GokaError('GOKA_CODEC_ENCODE', 'bad', { codec: 'c', received: 'r' })
    const known = Object.fromEntries(
      textOf(deadLetterHeaders([], record, callbackError(record, encode))),
    )
    expect(known['goka-error-code']).toBe('GOKA_CODEC_ENCODE')
    const text = Object.fromEntries(
      textOf(deadLetterHeaders([], record, callbackError(record, 'oops'))),
    )
    expect(text).toMatchObject({
      'goka-error': 'oops',
      'goka-error-code': 'GOKA_PROCESSOR_CALLBACK',
      'goka-error-stack': '',
      'goka-topic': 'input',
      'goka-partition': '3',
      'goka-offset': '7',
    })
  })
})
